"""The engine that the tests start: apart from everything else, and gone without a trace."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import MakeContainer
from machines import leftovers
from machines.engines import OwnEngine, start_engine
from machines.images import make_image
from patience import Limit

pytestmark = pytest.mark.engine


@pytest.fixture
def folder(engines_folder: Path) -> Iterator[Path]:
    """A folder of this test's own below that of the run."""
    folder = engines_folder / "own-engine"
    yield folder
    leftovers.clean(folder)


def test_containers_run_and_publish_a_port(own_engine: OwnEngine, container: MakeContainer) -> None:
    name = container("-p", "127.0.0.1:8099:80", command=("httpd", "-f"))
    limit = Limit(10)  # the port is there before the server behind it
    while "HTTP/1.1 404" not in _asked(own_engine, "http://127.0.0.1:8099/"):
        assert limit.left > 0, _asked(own_engine, "http://127.0.0.1:8099/")
        time.sleep(0.05)
    assert own_engine.inspect(name)["State"]["Running"] is True


def _asked(engine: OwnEngine, url: str) -> str:
    answer = subprocess.run([*engine.inside, "busybox", "wget", "-S", "-O-", url], capture_output=True, text=True)
    return answer.stderr


def test_a_second_engine_has_its_own_settings_and_leaves_nothing(folder: Path) -> None:
    engine = start_engine(folder, settings={"log-driver": "local"})
    assert engine.docker("info", "-f", "{{.LoggingDriver}}").stdout.strip() == b"local"
    engine.stop()
    assert not folder.exists()
    assert leftovers.processes_of(folder) == []


def test_a_killed_engine_is_cleaned_up_with_its_containers_and_mounts(folder: Path, tmp_path: Path) -> None:
    """Also where a volume has mounted a folder of the host below the engine's data: that folder must survive. What is
    paused takes no notice of a signal."""
    precious = tmp_path / "precious"
    precious.write_text("keep me")
    engine = start_engine(folder)
    image = make_image(engine)
    engine.docker(
        "volume", "create", "--driver", "local", "-o", "type=none", "-o", "o=bind", "-o", f"device={tmp_path}", "reach"
    )
    engine.docker("run", "-d", "-v", "reach:/data", "--name", "reaches", image)
    assert any(target.is_relative_to(folder / "data" / "volumes") for target in leftovers.mounts_below(folder))
    inner = engine.inspect("reaches")["State"]["Pid"]
    engine.docker("pause", "reaches")
    engine.process.kill()
    engine.process.wait()

    leftovers.clean(folder)

    assert not folder.exists()
    assert leftovers.mounts_below(folder) == []
    assert not Path(f"/proc/{inner}").exists() or leftovers._stat(inner) == []
    assert precious.read_text() == "keep me"
    cgroup = leftovers.cgroup_of(folder)
    assert not any(Path(hierarchy, cgroup).exists() for hierarchy in Path("/sys/fs/cgroup").glob("*/"))
