"""A container that falls and is restarted again and again does no work, and hides that it doesn't."""

from __future__ import annotations

from datetime import datetime, timedelta

from ...model.control import Control, Subject, cis, nist
from ...model.field import Set
from ...model.finding import Judgement, Remedy, not_applicable, passed
from ...model.levels import Level, Severity
from ...model.workload import State, Unit
from ._graded import failed_as
from ._platforms import CONTAINERS
from ._states import not_told

control = Control(
    id="workload/restart-loop",
    title="No container is restarted again and again",
    fault="{who} [restarts|restart] again and again",
    rationale="Each restart is an outage, and a program that fails at every start fills logs and takes CPU. The restart "
    "policy is right to try; somebody must see that it does.",
    level=Level.PRODUCTION,
    severity=Severity.HIGH,
    demand="1.monitor",
    subject=Subject.UNIT,
    needs_running=True,
    platforms=CONTAINERS,
    references=(cis("1.6.0", "5.15"), cis("1.8.0", "5.15"), nist("4.4.4")),
    remedy=Remedy("Read its logs (`docker logs`) and mend what ends it.", "nothing"),
    check_yourself="docker inspect -f '{{.RestartCount}} {{.State.Status}} {{.State.ExitCode}} {{.State.Error}}' {name}",
    bad={
        "container": [
            {"State": {"Status": "restarting", "ExitCode": 1}, "RestartCount": 2},
            {
                "RestartCount": 40,
                "Created": "2026-11-01T00:00:00Z",
                "State": {"StartedAt": "2026-11-01T00:30:00.123456789Z"},
            },
        ]
    },
    good={
        "container": [
            {},
            {"RestartCount": 1, "Created": "2026-11-01T00:00:00Z", "State": {"StartedAt": "2026-11-01T00:30:00Z"}},
            {"RestartCount": 12, "Created": "2026-01-01T00:00:00Z", "State": {"StartedAt": "2026-11-01T00:00:00Z"}},
        ]
    },
    unclear={"container": {"State": {"Status": None}}},
)

_MANY = 5
_SOON = timedelta(minutes=10)
"""A program that lived this long on average did some work; a loop's pauses stay below two minutes."""


@control.judge
def restart_loop(unit: Unit) -> Judgement:
    for container in unit.containers:
        field = container.state
        if not isinstance(field, Set):
            return not_told(field)
        state = field.value
        if state.status == "restarting":
            says = f"is being restarted for the {_ordinal(state.restarts + 1)} time, last status {state.exit_code}"
            return failed_as(Severity.HIGH, says, field.source)
        if not state.running:
            return not_applicable("it does not run", field.source)
        if state.restarts >= _MANY and _life_between_restarts(state) < _SOON:
            says = f"was restarted {state.restarts} times between {state.created[:19]} and {state.started[:19]}"
            return failed_as(Severity.MEDIUM, says, field.source)
    return passed("is not restarted again and again", unit.source)


def _life_between_restarts(state: State) -> timedelta:
    """On average, from its making to its last start; a long time where the engine's times can't be read."""
    try:
        made, started = (datetime.fromisoformat(time[:19]) for time in (state.created, state.started))
    except ValueError:
        return timedelta.max
    return (started - made) / state.restarts


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number % 100 not in (11, 12, 13) else "th"
    return f"{number}{ending}"
