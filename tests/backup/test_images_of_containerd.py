"""An engine that keeps its images with containerd gives each a digest, also one that no registry has."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from backup.repositories import needs_restic
from machines.own_host import OwnHost, start_host
from machines.program import run_dockworthy

pytestmark = [pytest.mark.engine, pytest.mark.program, needs_restic, pytest.mark.timeout(300)]


@pytest.fixture
def host(engines_folder: Path) -> Iterator[OwnHost]:
    made = start_host(engines_folder / "images-of-containerd")
    try:
        made.start_engine({"features": {"containerd-snapshotter": True}})
        yield made
    finally:
        made.stop()


def test_an_image_that_no_registry_has_is_saved_there_too(host: OwnHost, tmp_path: Path) -> None:
    image = host.load_busybox()
    facts = json.loads(host.docker("image", "inspect", image).stdout)[0]
    assert "containerd" in host.docker("info", "-f", "{{.DriverStatus}}").stdout.decode()
    assert facts["RepoDigests"], "as if it came from a registry"
    app = {"image": image, "command": ["sleep", "1000"], "init": True, "volumes": ["data:/data"]}
    project = {"name": "containerds", "services": {"app": app}, "volumes": {"data": {}}}
    (tmp_path / "compose.yaml").write_text(yaml.safe_dump(project))
    (tmp_path / "dockworthy.yaml").write_text(yaml.safe_dump({"backup": {"to": [str(tmp_path / "repository")]}}))
    inside = (*host.inside, "env", "-C", str(tmp_path))

    def dockworthy(*words: str) -> str:
        done = run_dockworthy(*words, inside=inside, env={"PATH": os.environ["PATH"]}, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    host.run("env", "-C", str(tmp_path), "docker", "compose", "up", "--detach")
    assert f"image {image}: to " in dockworthy("backup")
    assert f"image {image}: to " not in dockworthy("backup")
    host.run("env", "-C", str(tmp_path), "docker", "compose", "down", "--timeout", "1")
    host.docker("image", "rm", image)
    assert "it comes out of the backup" in " ".join(dockworthy("drill", "restore").split())
    assert host.docker("image", "inspect", image, check=False).returncode
