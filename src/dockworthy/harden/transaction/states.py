"""Beginning a stage on the host, and the words that keep it or take it back."""

from __future__ import annotations

import base64
import shlex
from typing import NamedTuple

from ...engine.hand import Hand
from ...errors import HostError
from ...model.hardening_journal import StageState
from .scripts import Stage, stage_files


class Seen(NamedTuple):
    """What a stage's folder says: `why` in words where something failed; `guarded`: its guard still lives."""

    state: StageState
    why: str
    guarded: bool


async def begin(hand: Hand, folder: str, stage: Stage, *, confirm_within: int) -> None:
    """Lays the stage down in `folder` and starts it; it takes itself back unless confirmed within so many seconds.

    Raises HostError where it can't be laid down: then nothing was changed.
    """
    lines = ["umask 077", f"mkdir -p {_quoted(folder)}/old {_quoted(folder)}/new || exit 1"]
    for name, content in stage_files(stage).items():
        text = base64.b64encode(content.encode("utf-8", "surrogateescape")).decode()
        lines.append(f"printf %s {text} | base64 -d >{_quoted(f'{folder}/{name}')} || exit 1")
    lines += [f"echo {StageState.PREPARED} >{_quoted(folder)}/state", "sync"]
    done = await hand.run("\n".join(lines))
    if done.status:
        raise HostError(
            f"{hand.name}: nothing was changed: {folder} can't be written: {done.words}",
            hint="is the file system read-only, or full?",
        )
    guard = f"{_quoted(folder)}/guard.sh {_quoted(folder)} {confirm_within}"
    await hand.run(f"cd / && setsid sh {guard} </dev/null >/dev/null 2>&1 &")


async def state_of(hand: Hand, folder: str) -> Seen:
    """What became of it so far."""
    at = _quoted(folder)
    done = await hand.run(
        f"cat {at}/state; if kill -0 $(cat {at}/guard) && grep -q guard.sh /proc/$(cat {at}/guard)/cmdline; "
        f"then echo yes; else echo no; fi 2>/dev/null; cat {at}/why 2>/dev/null"
    )
    state, guarded, *why = [*done.output.splitlines(), "", ""]
    try:
        return Seen(StageState(state), " ".join(why).strip(), guarded == "yes")
    except ValueError:
        return Seen(StageState.PREPARED, "", False)  # killed before the first word was written


async def confirm(hand: Hand, folder: str) -> None:
    await hand.run(f": >{_quoted(folder)}/confirm")


async def revoke(hand: Hand, folder: str, why: str) -> None:
    await hand.run(f"printf '%s\\n' {_quoted(why)} >{_quoted(folder)}/why; : >{_quoted(folder)}/revoke")


async def take_back(hand: Hand, folder: str, *, seconds: float = 900.0) -> StageState:
    """Undoes a stage that nobody guards any more; may be done again. One that never began has changed nothing."""
    at = _quoted(folder)
    done = await hand.run(
        f"case $(cat {at}/state 2>/dev/null) in '' | prepared) echo undone | tee {at}/state; exit ;; "
        f"kept) rm -f {at}/ran ;; esac; "  # what ran then may have been stopped by people since
        f"D={at}; . {at}/host.sh; say_state undoing; "
        f"if sh {at}/undo.sh >>{at}/log 2>&1; then say_state undone; else say_state stuck; fi; cat {at}/state",
        seconds=seconds,
    )
    return StageState(done.output.strip() or StageState.STUCK)


async def accept(hand: Hand, folder: str) -> None:
    """A stage that is stuck is left as it is: nobody takes it back any more."""
    await hand.run(f"D={_quoted(folder)}; . {_quoted(folder)}/host.sh; say_state {StageState.ACCEPTED}")


def _quoted(text: str) -> str:
    return shlex.quote(text)
