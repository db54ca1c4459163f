"""What is asked of an engine to find data, and what becomes of its answers, also of those that do not come."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from dockworthy.backup.discovery import find_data
from dockworthy.engine.faults import NoSuchObject
from dockworthy.engine.host_shell import shell_here
from dockworthy.engine.site import Site
from dockworthy.errors import EngineError, UsageError
from dockworthy.model.backup import DataKind, DataSet


class AnsweringEngine:
    """Answers by path; an error that stands there is raised."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    async def get(self, path: str) -> Any:
        self.asked.append(path)
        answer = self.answers[path]
        if isinstance(answer, Exception):
            raise answer
        return answer


def found(engine: AnsweringEngine, project: str) -> tuple[DataSet, ...]:
    async def find() -> tuple[DataSet, ...]:
        async with shell_here(command="backup") as shell:
            answering: Any = engine
            site = Site("this host", shell, answering, "unix:///none", "/nowhere/state", socket="")
            return await find_data(site, project)

    return asyncio.run(find())


@pytest.fixture
def engine(tmp_path: Path) -> AnsweringEngine:
    """Of three containers, one of which goes while they are asked about: a database, whose volume is tmp_path/db."""
    data = tmp_path / "volumes" / "shop_db" / "_data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("17\n")
    labels = {"com.docker.compose.project": "shop", "com.docker.compose.service": "db"}
    mount = {"Type": "volume", "Name": "shop_db", "Source": str(data), "Destination": "/data", "RW": True}
    volume = {"Name": "shop_db", "Driver": "local", "Mountpoint": str(data), "Options": None, "Labels": {
        "com.docker.compose.project": "shop", "com.docker.compose.volume": "db"}}  # fmt: skip
    return AnsweringEngine({
        "/info": {"DockerRootDir": str(tmp_path)},
        "/containers/json?all=true": [
            {"Id": "1", "Mounts": [mount]}, {"Id": "2", "Mounts": [mount]}, {"Id": "3", "Mounts": []},
        ],
        "/volumes": {"Volumes": [volume]},
        "/containers/1/json": {"Id": "1", "Name": "/shop-db-1", "Config": {"Labels": labels},
                               "State": {"Running": True}, "Mounts": [mount]},
        "/containers/2/json": NoSuchObject("gone"),
        "/containers/1/top?ps_args=-eo%20pid%2Ccomm": {
            "Titles": ["PID", "COMMAND"], "Processes": [["7", "postgres"], ["9", "postgres"], ["8", "sh"]],
        },
    })  # fmt: skip


def test_one_call_an_object_and_only_those_that_mount_something(engine: AnsweringEngine) -> None:
    (db,) = found(engine, "shop")
    assert (db.name, db.project, db.kind, db.version, db.doubt) == ("db", "shop", DataKind.POSTGRESQL, "17", "")
    assert db.writers[0].programs == ("postgres", "sh")
    assert sorted(engine.asked) == sorted(engine.answers)


def test_another_project_has_none_of_it(engine: AnsweringEngine) -> None:
    assert found(engine, "blog") == ()
    assert len(found(engine, "")) == 1


def test_programs_that_the_engine_can_not_tell_are_a_doubt(engine: AnsweringEngine) -> None:
    engine.answers["/containers/1/top?ps_args=-eo%20pid%2Ccomm"] = EngineError("there is no ps")
    (db,) = found(engine, "shop")
    assert db.kind is DataKind.POSTGRESQL and "can't be told" in db.doubt


def test_who_may_not_read_is_told_to_come_as_root(
    engine: AnsweringEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below a folder that is closed to them nothing is there for others."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "id").write_text("#!/bin/sh\necho 1000\n")
    (tmp_path / "bin" / "id").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    assert len(found(engine, "shop")) == 1
    (tmp_path / "volumes").rename(tmp_path / "closed")
    with pytest.raises(UsageError, match="only root can read"):
        found(engine, "shop")
