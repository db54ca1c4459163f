"""An engine whose files somebody changed since it started: whether it starts with them, only a start tells.

Measured on engine 26.1: `dockerd --validate` agrees with a `bip` that is no address, and the start does not.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from ..facts.host.hardening import JOURNAL
from ..model.hardening import Effect, NotDone, Step
from .engine_ways import EngineWays, ServiceManager
from .situation import Situation

_LOADS = (Effect.RELOAD, Effect.RESTART, Effect.WHEN_IDLE)
_MENDS = "engine/settings-accepted"
"""Takes away what would keep the engine from its next start: it is never held back."""

_ASK = """
[ -e {pid} ] || exit 0
born() {{ stat -L -c %.9W "$1" | tr -d .; }}
{files} | while read -r file; do
    [ "$file" -nt {pid} ] || [ "$(born "$file")" -gt "$(stat -L -c %.9Y {pid} | tr -d .)" ] 2>/dev/null || continue
    for kept in {journal}/2*/*/new/* {journal}/2*/*/old/*; do ! cmp -s "$kept" "$file" || continue 2; done
    echo "$file"
done
"""
"""By its birth, too: rsync and the like give a file an older time than that of its coming. A change of mode is none."""


def question(ways: EngineWays) -> str:
    """A script that prints, one a line, the engine's files that somebody else than harden changed since its start."""
    files = f"printf '%s\\n' {shlex.quote(ways.config_file)}"
    if ways.manager is ServiceManager.SYSTEMD:
        shown = f"systemctl show -p FragmentPath -p DropInPaths --value {shlex.quote(ways.unit)}"
        files = f"{{ {files} /etc/default/docker; {shown} | tr ' ' '\\n' | grep ^/; }}"
    elif ways.manager is ServiceManager.INIT_SCRIPT:
        files += " /etc/default/docker /etc/init.d/docker"
    return _ASK.format(pid=shlex.quote(ways.pid_file), files=files, journal=JOURNAL)


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
