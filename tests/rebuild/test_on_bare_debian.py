"""A Debian that has neither an engine nor restic: it gets both, and the project."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
import yaml

from machines.debian_host import DebianHost
from machines.program import run_dockworthy
from patience import patience

from .conftest import PROJECT, ROWS, Lost

pytestmark = [pytest.mark.engine, pytest.mark.ssh, pytest.mark.program, pytest.mark.timeout(900)]

_OF_THE_KERNEL = ("host/kernel-capacity", "host/kernel-hardening", "host/out-of-memory", "host/network-sysctls")
"""What the host of a test must not change: it is the machine's kernel, too."""


def test_a_bare_host_gets_all_that_it_needs(debian: DebianHost, lost: Lost, tmp_path: Path) -> None:
    archive = tmp_path / "repository.tar"
    with tarfile.open(archive, "w") as tar:
        tar.add(lost.repository, "srv/shop")
    with archive.open("rb") as given:
        unpack = [*debian.inside, "tar", "-C", "/", "-xf", "-"]
        subprocess.run(unpack, stdin=given, check=True, timeout=patience(120))
    why = {"subject": "*", "reason": "the kernel is the machine's", "owner": "us", "expires": "2099-01-01"}
    policy = tmp_path / "dockworthy.yaml"
    policy.write_text(yaml.safe_dump({"policy": {"exceptions": [{"control": id, **why} for id in _OF_THE_KERNEL]}}))
    words = ("restore", "--on", debian.address, "--from", "/srv/shop", "--project", PROJECT, "--key", str(lost.key))

    def restore(*more: str) -> str:
        done = run_dockworthy(*words, "--policy", str(policy), *more, inside=debian.network, timeout=600)
        assert done.returncode == 0, done.stdout + done.stderr
        return " ".join((done.stdout + done.stderr).split())

    told = restore("--dry-run")
    assert "an engine, as `dockworthy harden --install` brings it" in told and "restic, of its distribution" in told
    assert not debian.run("sh", "-c", "command -v docker restic; ls /etc/dockworthy", check=False)

    said = restore("--yes")
    assert f"{PROJECT} runs on" in said
    asked = ("docker", "exec", f"{PROJECT}-db-1", "psql", "-XqAt", "-U", "postgres", "-d", "shop", "-c")
    assert debian.run(*asked, "SELECT count(*) FROM orders").strip() == str(ROWS)
    assert debian.read(f"{lost.folder}/compose.yaml")
    shutil.rmtree(lost.folder, ignore_errors=True)
