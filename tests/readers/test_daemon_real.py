"""The settings of a real engine: as they run, although the file has been changed since."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dockworthy.controls.registry import all_controls
from dockworthy.facts.engine import read_engine as read_facts
from dockworthy.facts.host import read_host
from dockworthy.facts.redaction import Redactor
from dockworthy.model.engine import Engine
from dockworthy.model.field import Origin, Set
from dockworthy.model.finding import Outcome
from dockworthy.readers.daemon import read_engine
from machines.engines import OwnEngine, start_engine

pytestmark = pytest.mark.engine

STARTED_WITH = {
    "no-new-privileges": True,
    "seccomp-profile": "unconfined",
    "insecure-registries": ["registry.example.com:5000"],
    "log-level": "warn",
}
WRITTEN_LATER = {"no-new-privileges": True, "live-restore": True, "log-driver": "local", "log-level": "info"}


@pytest.fixture(scope="module")
def changed_engine(engines_folder: Path) -> Iterator[OwnEngine]:
    """An engine whose daemon.json was changed, and not loaded."""
    engine = start_engine(engines_folder / "daemon", settings=STARTED_WITH, flags=("--userland-proxy=false",))
    try:
        assert engine.folder is not None
        (engine.folder / "daemon.json").write_text(json.dumps(WRITTEN_LATER))
        yield engine
    finally:
        engine.stop()


async def read(engine: OwnEngine) -> Engine:
    facts = await read_facts(engine.endpoint, root=Path("/"), redactor=Redactor(b"key"))
    return read_engine(facts, read_host(socket=engine.endpoint.removeprefix("unix://")))


async def test_what_runs_is_told_apart_from_what_is_written(changed_engine: OwnEngine) -> None:
    engine = await read(changed_engine)
    assert set(engine.pending) == {"seccomp-profile", "insecure-registries", "live-restore", "log-driver"}
    assert engine.refused == {}
    for name, value in {
        "seccomp-profile": "unconfined",
        "insecure-registries": ["registry.example.com:5000"],
        "live-restore": False,
        "log-driver": "json-file",
        "no-new-privileges": True,
        "icc": True,
    }.items():
        setting = engine.setting(name)
        assert isinstance(setting, Set) and setting.origin is Origin.MEASURED, name
        assert setting.value == value
    proxy = engine.setting("userland-proxy")
    assert isinstance(proxy, Set) and proxy.value is False
    assert proxy.source.where.startswith("/proc/")


async def test_controls_see_what_waits_for_a_restart(changed_engine: OwnEngine) -> None:
    engine = await read(changed_engine)
    expected: dict[str, Outcome] = {
        "engine/default-seccomp": Outcome.PENDING,
        "engine/insecure-registries": Outcome.PENDING,
        "engine/live-restore": Outcome.PENDING,
        "engine/log-rotation": Outcome.PENDING,
        "engine/no-new-privileges": Outcome.PASS,
        "engine/userland-proxy": Outcome.PASS,
        "engine/icc": Outcome.FAIL,
        "engine/settings-loaded": Outcome.FAIL,
        "engine/settings-accepted": Outcome.PASS,
    }
    seen: dict[str, Any] = {}
    for name in expected:
        judge = all_controls()[name].judge_function
        assert judge is not None
        answer: Any = judge(engine)
        seen[name] = answer.outcome
    assert seen == expected
