"""An engine that also listens where the guard does not know who asks: the plan and the status name the address."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dockworthy.facts.host.root import Root
from dockworthy.guard.life.engine_here import EngineHere, settings_in
from dockworthy.guard.life.past_the_guard import in_words, past_the_guard
from dockworthy.guard.life.places import Places
from dockworthy.guard.life.record import People
from machines.images import BUSYBOX
from machines.own_host import OwnHost, start_host

TCP = "tcp://127.0.0.1:2390"


def test_an_engine_without_a_file_of_settings(tmp_path: Path) -> None:
    """As a fresh installation leaves it."""
    assert settings_in(Root(Path("/")), str(tmp_path / "daemon.json")) == {}
    (tmp_path / "daemon.json").write_text('{"hosts": ["tcp://127.0.0.1:2390"]}')
    assert settings_in(Root(Path("/")), str(tmp_path / "daemon.json")) == {"hosts": [TCP]}
    (tmp_path / "daemon.json").write_text("{")
    assert settings_in(Root(Path("/")), str(tmp_path / "daemon.json")) == {}


@pytest.mark.parametrize(("usual", "also"), [("/run", "/var/run"), ("/var/run", "/run")])
def test_its_socket_has_two_names(usual: str, also: str) -> None:
    people = People(
        path=f"{usual}/docker.sock", mode=0o660, group="docker", endpoint=f"unix://{usual}/behind/docker.sock"
    )
    also_at = (f"unix://{also}/docker.sock", f"unix://{also}/behind/docker.sock", f"unix://{also}/second.sock")
    engine = EngineHere(endpoint=people.endpoint, settings=Path("/x"), also_at=also_at)
    assert past_the_guard(engine, Places(), people) == (f"unix://{also}/second.sock",)


def test_the_guards_own_places_are_none() -> None:
    places = Places()
    people = People(path="/run/docker.sock", mode=0o660, group="docker", endpoint=f"unix://{places.engine_socket}")
    also_at = ("unix:///run/docker.sock", f"unix://{places.engine_socket}", "unix:///srv/second.sock", ":2375")
    engine = EngineHere(endpoint=people.endpoint, settings=Path("/x"), also_at=also_at)
    left = past_the_guard(engine, places, people)
    assert left == ("unix:///srv/second.sock", ":2375")
    second, tcp = in_words(left, people=True)
    assert "whatever role they have" in second and "guard install --tls" in tcp
    assert "--remote-access" in list(in_words(left, people=False))[1]


@pytest.fixture(scope="module")
def host(engines_folder: Path) -> Iterator[OwnHost]:
    host = start_host(engines_folder / "guard-past")
    try:
        for place in ("/opt", "/usr/local"):
            host.run("mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", place)
        host.start_engine({"hosts": ["unix:///var/run/docker.sock", TCP], "userland-proxy": False})
        host.load_busybox()
        host.docker("run", "-d", "-p", "127.0.0.1:8085:80", BUSYBOX, "sleep", "3600")
        yield host
    finally:
        host.stop()


def _warnings(said: str) -> list[str]:
    return [line for line in said.splitlines() if "the engine also listens on" in line]


@pytest.mark.engine
@pytest.mark.timeout(300)
def test_the_plan_and_the_status_name_it(host: OwnHost) -> None:
    """A port that the engine holds for a container is none."""
    (alone,) = _warnings(host.dockworthy("guard", "install", "--dry-run").stderr)
    assert TCP in alone and "harden --remote-access" in alone, alone
    (people,) = _warnings(host.dockworthy("guard", "install", "--people", "--dry-run").stderr)
    assert TCP in people and "whatever role they have" in people and "guard install --tls" in people, people
    done = host.dockworthy("guard", "install", "--people", "--yes")
    assert done.returncode == 0, done.stderr
    (told,) = _warnings(host.dockworthy("guard", "status").stdout)
    assert TCP in told and "whatever role they have" in told, told
    status = json.loads(host.dockworthy("guard", "status", "--format", "json").stdout)
    assert (status["engine_also_listens_on"], status["works"]) == ([TCP], True)
