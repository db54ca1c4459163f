"""What a plan disturbs as a whole: does the engine restart, and which containers stop?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..model.field import Set
from ..model.hardening import Effect, Step
from .situation import Situation

_MOST_NAMES = 8
_COMES_BACK = ("always", "unless-stopped")


def disturbances(steps: Sequence[Step], situation: Situation) -> Iterator[str]:
    """Sentences, the worst first."""
    restart = any(step.effect in (Effect.RESTART, Effect.WHEN_IDLE) for step in steps)
    reload = any(step.effect is Effect.RELOAD for step in steps)
    if restart:
        yield f"the engine restarts once ({situation.ways.restarts_by}); {_containers(steps, situation)}"
    elif reload:
        yield "the engine reads its settings again (SIGHUP); no container notices"
    if any(step.effect is Effect.REBOOT for step in steps):
        running = situation.running
        yield f"in force after a reboot of the host, which stops {_named(running) if running else 'no container'}"


def _containers(steps: Sequence[Step], situation: Situation) -> str:
    running = situation.running
    if not running:
        return "no container runs"
    if situation.live_restore or any(step.id == "engine/live-restore" for step in steps):
        first = "" if situation.live_restore else ": live-restore comes first"
        return f"{_named(running)} go on running{first}"
    lost = [name for name in running if name not in set(_that_come_back(situation))]
    stops = f"{_named(running)} stop"
    if lost:
        return f"{stops}, and {_named(lost)} have no restart policy that starts them again"
    return f"{stops}, and start again by their restart policies"


def _that_come_back(situation: Situation) -> Iterator[str]:
    for unit in situation.machine.units:
        for container in unit.containers:
            restart = container.restart
            if isinstance(restart, Set) and restart.value.name in _COMES_BACK:
                yield container.name


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(sorted(names)[:_MOST_NAMES])
    return shown if len(names) <= _MOST_NAMES else f"{shown} and {len(names) - _MOST_NAMES} more containers"
