"""A shop with its database, as a project that runs; and the program in a folder and with a state of the test's own."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fix_verify.shop_image import make_shop_image, why_no_postgres
from machines.engines import OwnEngine, clean_environment
from machines.program import DOCKWORTHY
from patience import patience

LABEL = "dockworthy.verify"

Fix = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture(scope="session")
def shop_image(own_engine: OwnEngine) -> str:
    if reason := why_no_postgres():
        pytest.skip(reason)
    return make_shop_image(own_engine)


@pytest.fixture
def start_fix(own_engine: OwnEngine, tmp_path: Path) -> Iterator[Start]:
    """`start_fix("--verify", file)` begins it at the tests' engine; what still runs is ended with the test."""
    started: list[subprocess.Popen[str]] = []
    folder = tmp_path / "tmp"
    folder.mkdir()

    def start(*arguments: str) -> subprocess.Popen[str]:
        environment = clean_environment(
            DOCKER_HOST=own_engine.endpoint,
            DOCKER_CONFIG=str(tmp_path / "docker"),  # a build notes there what it did
            DOCKWORTHY_STATE=str(tmp_path / "state"),
            TMPDIR=str(folder),
        )
        process = subprocess.Popen(
            [*own_engine.inside, str(DOCKWORTHY), "fix", *arguments],
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()
    remove_what_is_left(own_engine)


@pytest.fixture
def fix(start_fix: Start) -> Fix:
    """The same, to its end."""

    def run(*arguments: str, timeout: float = 400) -> subprocess.CompletedProcess[str]:
        process = start_fix(*arguments)
        out, err = process.communicate(timeout=patience(timeout))
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    return run


def left_in(engine: OwnEngine) -> dict[str, list[str]]:
    """What is there of any scratch project, by kind."""
    found = {}
    for kind, more in (("container", ["--all"]), ("network", []), ("volume", []), ("image", ["--all"])):
        ids = engine.docker(kind, "ls", *more, "--quiet", "--filter", f"label={LABEL}").stdout.decode().split()
        if ids:
            found[kind] = ids
    return found


def folders_left(tmp_path: Path) -> list[str]:
    return [each.name for each in (tmp_path / "tmp").glob("dockworthy-verify-*")]


def remove_what_is_left(engine: OwnEngine) -> None:
    for kind, ids in left_in(engine).items():
        force = [] if kind == "network" else ["--force"]
        engine.docker(kind, "rm", *force, *ids, check=False)
