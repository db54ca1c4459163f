"""The journal that a host keeps of what was done to it: a folder a run, in it a folder a stage."""

from __future__ import annotations

import base64
import datetime
import getpass
import json
import os
import secrets
import shlex
import socket
from collections.abc import Iterable

import msgspec

from ..errors import HostError
from ..model.hardening import HardenPlan, HardenRun, StageOutcome, StageState, WriteFile
from .hand import Hand
from .transaction import RUNS

LOCK = f"{RUNS}/lock"


async def hold_lock(hand: Hand) -> None:
    """One harden a host at a time, until this hand leaves. Raises HostError where another one is at work."""
    made = await hand.run(f"umask 077; mkdir -p {RUNS}")
    if made.status:
        raise HostError(f"{RUNS} can't be made on {hand.name}: {made.words}", hint="is the file system read-only?")
    if not await hand.hold(LOCK):
        raise HostError(
            f"another harden is at work on {hand.name}, or its last stage still waits",
            hint="wait until it has ended: it keeps or takes back its stage within three minutes",
        )


async def begin_run(hand: Hand, plan: HardenPlan) -> str:
    """The folder of a new run; what is planned, when and by whom stands in it before anything changes."""
    now = datetime.datetime.now(datetime.UTC)
    id = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    entry = {
        "id": id,
        "began": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "who": who_runs(),
        "plan": msgspec.to_builtins(_without_contents(plan)),
    }
    folder = f"{RUNS}/{id}"
    text = base64.b64encode(json.dumps(entry, indent=1).encode()).decode()
    done = await hand.run(
        f"umask 077; mkdir {folder} && printf %s {text} | base64 -d >{folder}/run.json && sync {folder}/run.json"
    )
    if done.status:
        raise HostError(f"nothing was changed: {folder} can't be written on {hand.name}: {done.words}")
    return folder


def stage_folder(run: str, number: int) -> str:
    return f"{run}/{number:02d}"


async def runs_on(hand: Hand) -> list[HardenRun]:
    """All runs that the host remembers, oldest first. One whose entry is damaged is left out."""
    script = (
        f'cd {RUNS} 2>/dev/null || exit 0; for run in */; do [ -f "$run/run.json" ] || continue; '
        'printf "\\036%s\\035%s\\035" "$(cat "$run/run.json")" "$([ ! -e "$run/undone" ] || echo undone)"; '
        'for stage in "$run"[0-9]*/; do [ -d "$stage" ] || continue; '
        'printf "%s\\034%s\\034%s\\034%s\\035" "$stage" "$(cat "$stage/state" 2>/dev/null)" '
        '"$(cat "$stage/steps" 2>/dev/null)" "$(cat "$stage/why" 2>/dev/null)"; done; done'
    )
    done = await hand.run(script)
    return [run for text in done.output.split("\036")[1:] if (run := _run_of(text)) is not None]


async def mark_undone(hand: Hand, run: str) -> None:
    await hand.run(f": >{shlex.quote(f'{RUNS}/{run}/undone')}")


def unfinished(runs: Iterable[HardenRun]) -> list[tuple[str, StageOutcome]]:
    """(folder of the stage, stage) of those that were neither kept nor taken back, the newest first."""
    ended = (StageState.KEPT, StageState.UNDONE)
    found = [
        (stage_folder(f"{RUNS}/{run.id}", stage.number), stage)
        for run in runs
        for stage in run.stages
        if stage.state not in ended
    ]
    return found[::-1]


def who_runs() -> str:
    """The account that a person came with, and from which machine."""
    try:
        name = os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        name = f"uid {os.geteuid()}"
    return f"{name}@{socket.gethostname()}"


def _without_contents(plan: HardenPlan) -> HardenPlan:
    """Files may hold secrets: their old and new texts lie beside, for root alone, and not in what is reported."""
    steps = []
    for step in plan.steps:
        deeds = tuple(
            msgspec.structs.replace(deed, before=None, after="") if isinstance(deed, WriteFile) else deed
            for deed in step.deeds
        )
        steps.append(msgspec.structs.replace(step, deeds=deeds))
    return msgspec.structs.replace(plan, steps=tuple(steps))


def _run_of(text: str) -> HardenRun | None:
    entry, undone, *stages = text.split("\035")
    try:
        told = json.loads(entry)
        outcomes = tuple(_stage_of(stage) for stage in stages if stage.strip())
        return HardenRun(id=told["id"], began=told["began"], who=told["who"], stages=outcomes, undone=bool(undone))
    except (ValueError, KeyError, TypeError):
        return None


def _stage_of(text: str) -> StageOutcome:
    folder, state, steps, why = text.split("\034")
    number = int(folder.rstrip("/").rsplit("/", 1)[-1])
    known = state.strip() in set(StageState)
    return StageOutcome(
        number=number,
        steps=tuple(steps.split()),
        state=StageState(state.strip()) if known else StageState.PREPARED,
        why=why.strip(),
    )
