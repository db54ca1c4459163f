"""An engine whose files somebody changed since it started: whether it starts with them, only a start tells.

Measured on engine 26.1: `dockerd --validate` agrees with a `bip` that is no address, and the start does not.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..facts.host.hardening import JOURNAL
from ..host_scripts import HostScript
from ..model.hardening import Effect, NotDone, Step
from .engine_ways import EngineWays
from .situation import Situation

_LOADS = (Effect.RELOAD, Effect.RESTART, Effect.WHEN_IDLE)
_MENDS = "engine/settings-accepted"
"""Takes away what would keep the engine from its next start: it is never held back."""

_ASK = HostScript(__package__, "untried_files.sh")


def question(ways: EngineWays) -> str:
    """A script that prints, one a line, the engine's files that somebody else than harden changed since its start."""
    return _ASK.with_arguments(ways.pid_file, JOURNAL, ways.manager, ways.config_file, ways.unit)


def held_back(steps: Iterable[Step], situation: Situation) -> tuple[list[Step], list[NotDone]]:
    """The steps that can be done, and those that would be the first to load what nobody tried."""
    steps = list(steps)
    if not situation.untried or situation.forced:
        return steps, []
    held = [step for step in steps if step.effect in _LOADS and step.id != _MENDS]
    return [step for step in steps if step not in held], [_held(step, situation) for step in held]


def _held(step: Step, situation: Situation) -> NotDone:
    files, ways = " and ".join(situation.untried), situation.ways
    pending = sorted(situation.machine.engine.pending)
    waits = f" (so waits: {', '.join(pending)})" if pending else ""
    return NotDone(
        id=step.id,
        why=f"somebody changed {files} after the engine had started{waits}: this step would load that, too, and what "
        "dockerd --validate does not find could keep the engine down",
        instead=f"look at it, restart the engine when it suits you ({ways.restarts_by}), then run this again; "
        "with --force harden does not wait for that",
        held=True,
    )
