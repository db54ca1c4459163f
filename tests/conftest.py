"""What the tests share: a real engine of their own, an image, containers, and the program as a person runs it."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from subprocess import CompletedProcess
from typing import Protocol

import hypothesis
import pytest
import pytest_timeout

from effort import examples
from machines.containers import Containers
from machines.engines import IN_OWN_NAMESPACES, OwnEngine, run_folder, start_engine, why_no_engine
from machines.images import make_image
from machines.program import run_dockworthy as _run_dockworthy
from machines.quick_keys import make_keys_quick
from machines.reachable import reachable_folder
from patience import set_alarm

pytest_plugins = ["machines.ssh_fixtures", "machines.debian_fixtures", "machines.browser_fixtures"]

hypothesis.settings.register_profile("fast or whole", max_examples=examples(100), deadline=None)
hypothesis.settings.load_profile("fast or whole")

Run = Callable[..., CompletedProcess[str]]


class MakeContainer(Protocol):
    def __call__(
        self, *options: str, name: str = "", image: str = "", command: tuple[str, ...] = (), start: bool = True
    ) -> str: ...


def pytest_configure(config: pytest.Config) -> None:
    folder = Path(tempfile.mkdtemp(prefix="dockworthy-test-"))
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    make_keys_quick(folder / "bin")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Fast tests first: what is wrong without an engine is known before one is started.

    Where workers share them, the files whose tests may take longest come first, and those without an engine last: what
    begins last is waited for.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ:
        items.sort(key=lambda item: item.get_closest_marker("engine") is not None)
        return
    longest: dict[Path, tuple[bool, float]] = {}
    for item in items:
        mark = item.get_closest_marker("timeout")
        engine = any(item.get_closest_marker(each) for each in ("engine", "ssh", "program", "browser"))
        longest[item.path] = max(longest.get(item.path, (False, 0.0)), (engine, mark.args[0] if mark else 0.0))
    items.sort(key=lambda item: longest[item.path], reverse=True)


@pytest.hookimpl(tryfirst=True)
def pytest_timeout_set_timer(item: pytest.Item, settings: pytest_timeout.Settings) -> bool | None:
    """pytest-timeout's limit grows with the machine's slowness: a test that is only slow does not hang."""
    if settings.method != "signal" or threading.current_thread() is not threading.main_thread():
        return None
    set_alarm(item, settings.timeout, lambda: pytest_timeout.timeout_sigalrm(item, settings))
    return True


@pytest.fixture(scope="session", autouse=True)
def own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What dockworthy remembers of this machine stays as it was: the tests have a state directory of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKWORTHY_STATE", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users of this machine can enter, where `tmp_path` is closed to them."""
    with reachable_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def engines_folder() -> Iterator[Path]:
    """Where the engines of this run have their folders; skips where none can be started."""
    if reason := why_no_engine():
        pytest.skip(reason)
    with run_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def own_engine(request: pytest.FixtureRequest) -> Iterator[OwnEngine]:
    """The engine of this run of the tests: one for all, so a test must leave nothing on it."""
    if given := os.environ.get("DOCKWORTHY_TEST_ENGINE"):
        yield OwnEngine(given)
        return
    folder: Path = request.getfixturevalue("engines_folder")
    engine = start_engine(folder / "engine", own_network=not IN_OWN_NAMESPACES)
    yield engine
    engine.stop()


@pytest.fixture(scope="session")
def engine(own_engine: OwnEngine) -> str:
    """Its endpoint: `unix:///...`."""
    return own_engine.endpoint


@pytest.fixture(scope="session")
def busybox_image(own_engine: OwnEngine) -> str:
    """The name of an image with busybox."""
    return make_image(own_engine)


@pytest.fixture
def container(own_engine: OwnEngine, busybox_image: str, request: pytest.FixtureRequest) -> Iterator[MakeContainer]:
    """`container("--privileged", command=("sleep", "60"))` runs one and returns its name; all go with the test."""
    containers = Containers(own_engine, request.node.name, busybox_image)
    yield containers
    containers.remove_all()


@pytest.fixture
def run_dockworthy() -> Run:
    """`run_dockworthy("check", "x.yaml")`: no engine is named in its environment."""
    return _run_dockworthy


@pytest.fixture
def run_at_engine(own_engine: OwnEngine) -> Run:
    """The same with the tests' engine as DOCKER_HOST, and where that engine is."""

    def run(*arguments: str, env: Mapping[str, str] | None = None, timeout: float = 60) -> CompletedProcess[str]:
        return _run_dockworthy(
            *arguments,
            env={"DOCKER_HOST": own_engine.endpoint, **(env or {})},
            inside=own_engine.inside,
            timeout=timeout,
        )

    return run
