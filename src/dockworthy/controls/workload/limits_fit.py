"""A limit that does not fit what runs under it kills it, slows it down, or keeps room from others for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...model.control import Control, Subject
from ...model.field import Set, Unknown
from ...model.finding import Evidence, Judgement, Outcome, Remedy, not_applicable, passed, unknown
from ...model.levels import Level, Severity
from ...model.workload import ContainerUse, Unit
from ..programs import RUNNING
from ..sizes import in_words
from ._platforms import CONTAINERS

_FULL = 90
"""Percent of a limit that leave no room for a peak."""
_HELD_BACK = 25
_LEAST_PERIODS = 600
"""A minute of wanting a processor: less says nothing."""
_TIMES = 10
_WORTH_IT = 256_000_000
"""A smaller limit than this keeps little from others."""
_A_DAY = 86_400.0


def _uses(**changed: Any) -> dict[str, Any]:
    used = {"age": 2 * _A_DAY, "memory": 90_000_000, "memory_peak": 120_000_000, "memory_limit": 268_435_456}
    return {"inspect": RUNNING, "use": {**used, "pids": 9, "pids_limit": 100, **changed}}


control = Control(
    id="workload/limits-fit",
    title="Limits fit what is really used",
    fault="{who} [has|have] a limit that does not fit what [it uses|they use]",
    rationale="At its memory limit a program is killed in the middle of its work; at its processor limit every request "
    "waits. A limit far above every peak reserves nothing, but makes the sum of all limits a lie.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="6.efficient",
    subject=Subject.UNIT,
    needs_running=True,
    platforms=CONTAINERS,
    remedy=Remedy(
        "Set the limit to the peak of a busy week and half as much again; look for a leak first where use only grows.",
        "`docker update --memory` and `--cpus` change it without a restart; write it into the Compose file, too",
    ),
    check_yourself="docker stats --no-stream {name}",
    bad={
        "running": [
            _uses(memory=250_000_000),
            _uses(periods=10_000, throttled=4_000),
            _uses(pids=97),
            _uses(memory_peak=100_000_000, memory_limit=4_000_000_000),
        ]
    },
    good={
        "running": [
            _uses(),
            _uses(periods=10_000, throttled=400),
            _uses(age=600.0, memory_peak=100_000_000, memory_limit=4_000_000_000),
        ]
    },
    unclear={"running": {"inspect": RUNNING, "use": {"is": "unknown", "reason": "the engine is elsewhere"}}},
)


@control.judge
def limits_fit(unit: Unit) -> Judgement:
    container = unit.containers[0]
    state, use = container.state, container.use
    if isinstance(state, Unknown):
        return unknown(state.reason, state.source, tell=state.tell)
    if not isinstance(state, Set) or not state.value.running or not state.value.pid:
        return not_applicable("it does not run", state.source)
    if not isinstance(use, Set):
        reason = use.reason if isinstance(use, Unknown) else "the engine does not run it"
        return unknown(reason, use.source, tell=getattr(use, "tell", "") or "docker stats --no-stream")
    if faults := list(_too_tight(use.value)):
        return Judgement(Outcome.FAIL, tuple(Evidence(says, use.source) for says in faults))
    if says := _too_wide(use.value):
        return Judgement(Outcome.FAIL, (Evidence(says, use.source),), severity=Severity.LOW)
    return passed(_in_words(use.value), use.source)


def _too_tight(use: ContainerUse) -> Iterator[str]:
    if use.memory_limit and use.memory * 100 > _FULL * use.memory_limit:
        yield f"uses {in_words(use.memory)} of {in_words(use.memory_limit)}: the next peak kills it"
    if use.periods >= _LEAST_PERIODS and use.throttled * 100 > _HELD_BACK * use.periods:
        share = round(100 * use.throttled / use.periods)
        yield f"was held back by its processor limit in {share} % of the time in which it wanted one"
    if use.pids_limit and use.pids * 100 > _FULL * use.pids_limit:
        yield f"has {use.pids} of {use.pids_limit} processes and threads: the next one fails"


def _too_wide(use: ContainerUse) -> str:
    """Judged after a day only, and against a peak that counts cache: it never used more than that."""
    if use.age < _A_DAY or not use.memory_limit or not use.memory_peak or use.memory_limit < _WORTH_IT:
        return ""
    if use.memory_limit <= _TIMES * use.memory_peak:
        return ""
    days = round(use.age / _A_DAY)
    peak, limit = in_words(use.memory_peak), in_words(use.memory_limit)
    return f"in {days} {'day' if days == 1 else 'days'} it never used more than {peak} of the {limit} that it may"


def _in_words(use: ContainerUse) -> str:
    of = f" of {in_words(use.memory_limit)}" if use.memory_limit else ", without a limit"
    peak = f", at most {in_words(use.memory_peak)} with cache" if use.memory_peak else ""
    return f"uses {in_words(use.memory)}{of}{peak}"
