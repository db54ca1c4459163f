"""Containers inherit the engine's own resource limits, which may be no limits at all."""

from __future__ import annotations

from typing import Any

from ...model.control import Control, Subject, cis, owasp
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, failed, passed, unknown
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ..examples import not_seen, on_host
from ._settings import value_or_none

_ABOUT = "engine"
_TOO_MANY = 1 << 20
"""Open files that an engine of systemd's old LimitNOFILE=infinity hands on: programs that walk through all hang."""


def _engine_with(soft: int, hard: int) -> dict[str, Any]:
    daemon = {"pid": 7, "argv": ["/usr/bin/dockerd"], "executable": "/usr/bin/dockerd"}
    return on_host(daemon={**daemon, "limits": {"nofile": [soft, hard]}}, daemon_json={})


control = Control(
    id="engine/default-ulimits",
    title="Containers get a sensible limit of open files by default",
    fault="Containers get no sensible limit of open files by default",
    rationale="A container without limits of its own gets the engine's. An engine with unlimited open files hands on "
    "a billion: one leak takes the whole host's, and programs that close every possible file at start hang.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="5.engine-defaults",
    subject=Subject.MACHINE,
    references=(cis("1.6.0", "2.8"), cis("1.8.0", "2.9"), owasp("D07")),
    remedy=Remedy(
        'Set `"default-ulimits": {"nofile": {"Name": "nofile", "Soft": 1024, "Hard": 524288}}` in daemon.json.',
        "restart of the engine: containers stop unless live-restore is on; new containers get the limit",
    ),
    check_yourself="grep -A4 -s default-ulimits /etc/docker/daemon.json; "
    "grep 'open files' /proc/$(cat /var/run/docker.pid)/limits",
    bad={"snapshot": [_engine_with(1 << 30, 1 << 30), _engine_with(-1, -1), _engine_with(1 << 20, 1 << 20)]},
    good={
        "snapshot": _engine_with(1024, 524288),
        "daemon.json": '{"default-ulimits": {"nofile": {"Name": "nofile", "Soft": 1024, "Hard": 4096}}}',
    },
    unclear={"snapshot": on_host(daemon=not_seen(), daemon_json={})},
)


@control.judge
def default_ulimits(machine: Machine) -> Judgement:
    setting = machine.engine.setting("default-ulimits")
    limits = value_or_none(setting)
    if isinstance(limits, dict) and "nofile" in limits:
        return passed(f"default-ulimits nofile {_words(limits['nofile'])}", setting.source, about=_ABOUT)
    daemon = machine.host.daemon
    if not isinstance(daemon, Set) or "nofile" not in daemon.value.limits:
        why = daemon.reason if isinstance(daemon, Unknown) else "the engine's own limits could not be read"
        return unknown(f"no default-ulimits seen; {why}", setting.source, about=_ABOUT)
    soft, hard = daemon.value.limits["nofile"]
    if soft == -1 or soft >= _TOO_MANY:
        says = f"containers inherit the engine's {'unlimited' if soft == -1 else soft} open files"
        return unknown(says, setting.source, about=_ABOUT) if isinstance(setting, Unknown) else _bad(says, daemon)
    return passed(
        f"containers inherit the engine's limit of {soft} open files (hard {hard})", daemon.source, about=_ABOUT
    )


def _bad(says: str, daemon: Set[Any]) -> Judgement:
    return failed(f"no default-ulimits: {says}", daemon.source, about=_ABOUT)


def _words(limit: Any) -> str:
    return f"{limit.get('Soft')}:{limit.get('Hard')}" if isinstance(limit, dict) else str(limit)
