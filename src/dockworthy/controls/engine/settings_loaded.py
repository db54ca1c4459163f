"""A changed daemon.json does nothing until the engine loads it, and then surprises whoever restarts it."""

from __future__ import annotations

import json
from typing import Any

from ...model.control import Control, Subject
from ...model.engine import Engine
from ...model.field import Origin, Set, Unknown
from ...model.finding import Evidence, Judgement, Outcome, Remedy, passed, unknown
from ...model.levels import Level, Severity
from ..examples import both, engine_says, on_host, settings_not_seen
from ._settings import RELOADED, not_known

_RELOAD_IT = "Reload the engine, which is enough for these settings, or write what runs."
_POOLS = [{"base": "10.201.0.0/16", "size": 24}]
_LOCAL = on_host(daemon_json={"log-driver": "local", "live-restore": True, "default-address-pools": _POOLS})

control = Control(
    id="engine/settings-loaded",
    title="The engine runs with the settings that are written",
    fault="The engine runs with other settings than those that are written",
    rationale="What the file says is what people believe. If the engine runs with something else, a review of the "
    "file is worth nothing, and the next restart, perhaps that of an update at night, changes the behaviour.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="5.engine-defaults",
    subject=Subject.ENGINE,
    remedy=Remedy(
        "Restart the engine in a maintenance window, or write what runs.",
        "restart of the engine: containers stop unless live-restore is on; a reload disturbs nothing",
        "systemctl restart docker",
    ),
    check_yourself="docker info; cat /etc/docker/daemon.json",
    bad={"snapshot": both(engine_says(LoggingDriver="json-file"), _LOCAL)},
    good={"snapshot": both(engine_says(LoggingDriver="local"), _LOCAL)},
    unclear={"snapshot": settings_not_seen()},
)


@control.judge
def settings_loaded(engine: Engine) -> Judgement:
    if isinstance(engine.settings_seen, Unknown):
        return not_known(engine.settings_seen)
    if isinstance(engine.info, Unknown):
        return unknown(engine.info.reason, tell=engine.info.tell)
    if not engine.pending:
        return passed("what the engine tells of its settings is what is written", engine.settings_seen.source)
    evidence = [_difference(engine, name) for name in sorted(engine.pending)]
    if all(_is_reloaded(name, written) for name, written in engine.pending.items()):
        return Judgement(Outcome.FAIL, tuple(evidence), remedy=_RELOAD_IT, command="systemctl reload docker")
    return Judgement(Outcome.FAIL, tuple(evidence))


def _is_reloaded(name: str, written: Set[Any]) -> bool:
    """The engine reloads what stands in the file, and leaves alone what was removed from it."""
    return name in RELOADED and written.origin is Origin.WRITTEN


def _difference(engine: Engine, name: str) -> Evidence:
    runs, written = engine.setting(name), engine.pending[name]
    value = runs.value if isinstance(runs, Set) else None
    return Evidence(f"{name}: runs with {_words(value)}, written is {_words(written.value)}", written.source)


def _words(value: object) -> str:
    """As daemon.json writes it."""
    return json.dumps(value) if value not in (None, "", []) else "none"
