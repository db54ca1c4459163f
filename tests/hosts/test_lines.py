"""Where the project ships to one engine a host is a line in dockworthy.yaml, and fit; input that can't be used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from machines.ssh_fixtures import Servers

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    file = tmp_path / "dockworthy.yaml"
    file.write_text("# ours\nhosts:\n  shop: ssh://root@192.0.2.1 # first\n")
    return file


@pytest.mark.engine
@pytest.mark.ssh
def test_a_line_comes_and_goes(project: Path, serve: Servers, engine: str, run_dockworthy: Run) -> None:
    before = project.read_text()
    address = serve().address(path=engine.removeprefix("unix://"))
    words = ("hosts", "add", address, "--no-harden", "--name", "web", "--policy", str(project))
    assert run_dockworthy(*words, "--dry-run").returncode == 0
    nobody = run_dockworthy(*words)
    assert nobody.returncode == 2 and "nobody is there to agree" in nobody.stderr
    assert project.read_text() == before
    assert run_dockworthy(*words, "--yes").returncode == 0
    assert project.read_text() == f"{before}  web: {address}\n"
    assert "nothing to do" in run_dockworthy(*words, "--yes").stderr
    assert run_dockworthy("hosts", "remove", "web", "--yes", "--policy", str(project)).returncode == 0
    assert project.read_text() == before


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("add", "shop2"), "a host is added over ssh"),
        (("add", "ssh://root@192.0.2.9", "--name", "shop"), "shop is ssh://root@192.0.2.1"),
        (("add", "ssh://root@192.0.2.9", "--manager"), "ships to compose"),
        (("remove", "web", "--yes"), "dockworthy.yaml has no host web"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_asked(
    project: Path, run_dockworthy: Run, words: tuple[str, ...], says: str
) -> None:
    before = project.read_text()
    done = run_dockworthy("hosts", *words, "--policy", str(project))
    assert done.returncode == 2 and says in done.stderr, done.stderr
    assert project.read_text() == before


def test_a_host_that_cannot_be_reached_is_not_added(project: Path, run_dockworthy: Run) -> None:
    before = project.read_text()
    done = run_dockworthy("hosts", "add", "ssh://root@127.0.0.1:1", "--yes", "--policy", str(project))
    assert done.returncode == 15 and "Traceback" not in done.stderr, done.stderr
    assert project.read_text() == before
