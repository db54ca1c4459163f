"""What a plan disturbs as a whole: does the engine restart, and which containers stop?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..model.field import Set
from ..model.hardening import Effect, SetSettings, Step
from .situation import Situation
from .unanswered import unanswered

_MOST_NAMES = 8
_COMES_BACK = ("always", "unless-stopped")


def disturbances(steps: Sequence[Step], situation: Situation) -> Iterator[str]:
    """Sentences, the worst first."""
    restart = any(step.effect in (Effect.RESTART, Effect.WHEN_IDLE) for step in steps)
    reload = any(step.effect is Effect.RELOAD for step in steps)
    if restart:
        live_restore_first = any(step.id == "engine/live-restore" for step in steps)
        says = containers_of_a_restart(situation, live_restore_first=live_restore_first, started_again=True)
        yield f"the engine restarts once ({situation.ways.restarts_by}); {says}"
        if situation.running and (situation.live_restore or live_restore_first):
            yield unanswered(situation.machine)
        if situation.untried:
            yield (
                f"somebody changed {' and '.join(situation.untried)} since the engine started: what its own check "
                "(dockerd --validate) does not find, only the restart will tell; look at it before"
            )
        if waiting := _waiting(steps, situation):
            yield (
                f"the restart also brings into force what somebody wrote and did not load: {', '.join(waiting)} "
                "(dockworthy explain engine/settings-loaded)"
            )
    elif reload:
        yield "the engine reads its settings again (SIGHUP); no container notices"
    if any(step.effect is Effect.REBOOT for step in steps):
        yield f"in force after a reboot of the host, which stops {containers_of_a_reboot(situation)}"


def _waiting(steps: Sequence[Step], situation: Situation) -> list[str]:
    """Settings that stand in daemon.json and do not run, beside those that the plan itself sets."""
    ours = {name for step in steps for deed in step.deeds if isinstance(deed, SetSettings) for name in deed.values}
    return sorted(situation.machine.engine.pending.keys() - ours)


def containers_of_a_reboot(situation: Situation) -> str:
    """Completes "a reboot stops": which containers, and which of them do not come back."""
    running = situation.running
    if not running:
        return "no container"
    lost = _lost(situation)
    back = "their restart policies start them again"
    return f"{_named(running)}: " + (f"{_named(lost)} have no restart policy that starts them again" if lost else back)


def containers_of_a_restart(
    situation: Situation, *, live_restore_first: bool = False, started_again: bool = False
) -> str:
    """What a restart of the engine means for containers, as a clause. `started_again`: those that have no restart
    policy for it, too."""
    running = situation.running
    if not running:
        return "no container runs"
    if situation.live_restore or live_restore_first:
        first = "" if situation.live_restore else ": live-restore comes first"
        return f"{_named(running)} go on running{first}"
    lost = _lost(situation)
    stops = f"{_named(running)} stop"
    if lost and started_again:
        return f"{stops}, and start again: {_named(lost)} by harden, for they have no restart policy that does it"
    if lost:
        return f"{stops}, and {_named(lost)} have no restart policy that starts them again"
    return f"{stops}, and start again by their restart policies"


def _lost(situation: Situation) -> list[str]:
    """Running containers that nobody starts again."""
    back = set(_that_come_back(situation))
    return [name for name in situation.running if name not in back]


def _that_come_back(situation: Situation) -> Iterator[str]:
    for unit in situation.machine.units:
        for container in unit.containers:
            restart = container.restart
            if isinstance(restart, Set) and restart.value.name in _COMES_BACK:
                yield container.name


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(sorted(names)[:_MOST_NAMES])
    return shown if len(names) <= _MOST_NAMES else f"{shown} and {len(names) - _MOST_NAMES} more containers"
