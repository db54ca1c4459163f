"""A socket at which another process than the guard listens is never removed, nor put in the shade."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dockworthy.guard.life.builds import Builds
from dockworthy.guard.life.engine_here import EngineHere
from dockworthy.guard.life.installing import _files
from dockworthy.guard.life.moving.engine_service import EngineService
from dockworthy.guard.life.moving.listen_config import ListenConfig
from dockworthy.guard.life.moving.moving import Moving
from dockworthy.guard.life.places import Places
from dockworthy.guard.life.planning import Install
from dockworthy.guard.life.record import People
from dockworthy.guard.life.service import Service
from dockworthy.model.guard_policy import GuardPolicy
from patience import patience


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(
        bundle=tmp_path / "bundle", socket=tmp_path / "dockworthy.sock", policy=tmp_path / "guard.yaml",
        log=tmp_path / "guard.log", state=tmp_path / "state", unlock=tmp_path / "unlock", program=tmp_path / "program",
        init=tmp_path / "init", pid=tmp_path / "pid", watch=tmp_path / "watch", serving=tmp_path / "serving",
        engine_socket=tmp_path / "own/docker.sock",
    )  # fmt: skip


@pytest.fixture
def people(tmp_path: Path) -> People:
    return People(
        path=str(tmp_path / "docker.sock"), mode=0o660, group="docker", endpoint=f"unix://{tmp_path}/own/docker.sock"
    )


@pytest.fixture
def engine(tmp_path: Path) -> EngineHere:
    return EngineHere(endpoint=f"unix://{tmp_path}/docker.sock", settings=tmp_path / "daemon.json")


@pytest.fixture
def keeper(places: Places, tmp_path: Path) -> Iterator[None]:
    script = tmp_path / "keep.py"
    script.write_text("import time\ntime.sleep(600)\n")
    with subprocess.Popen([sys.executable, str(script)]) as running:
        places.pid.write_text(f"{running.pid}\n")
        try:
            yield
        finally:
            running.kill()


@pytest.mark.usefixtures("keeper")
def test_stopping_the_guard_leaves_the_engines_own_socket(
    places: Places, people: People, engine: EngineHere, tmp_path: Path
) -> None:
    """As after an installation that was cut off before the engine's socket moved."""
    service = Service(places, engine, systemd=False, people=people)
    content = {path: content for path, content, _ in service.files()}[places.init]
    places.init.write_bytes(content)
    (tmp_path / "by").symlink_to(tmp_path)
    with socket.socket(socket.AF_UNIX) as engines, socket.socket(socket.AF_UNIX) as guards:
        engines.bind(str(tmp_path / "by/docker.sock"))  # as /var/run/docker.sock is
        engines.listen()
        guards.bind(str(places.socket))
        guards.close()  # a file at which nobody listens
        subprocess.run(["sh", str(places.init), "stop"], check=True, timeout=patience(60))
        assert Path(people.path).is_socket() and not places.socket.exists()
    places.pid.unlink()


def test_a_keeper_that_starts_before_the_move_keeps_off_the_engines_place(
    places: Places, people: People, engine: EngineHere
) -> None:
    starter = EngineService(0, places)
    moving = Moving(
        engine=engine, people=people, way=ListenConfig(says="", settings={}), starter=starter, places=places
    )
    todo = Install(
        moving=moving, places=places, engine=engine, policy=None, before=None, after=b"{}", by_systemd=False,
        people=people, builds=Builds(policy=GuardPolicy(), confined=False, written=False, people=True),
    )  # fmt: skip
    service = Service(places, engine, systemd=False, people=people)
    told = json.loads({path: text for path, text, _ in _files(todo, service)}[places.keep])
    assert [at["path"] for at in told["sockets"]] == [str(places.socket)]
    assert engine.endpoint in told["command"] and people.path not in told["command"]
    service.tell_keeper()
    assert people.path in [at["path"] for at in json.loads(places.keep.read_text())["sockets"]]
