"""The journal that a host keeps of what was done to it: a folder a run, in it a folder a stage."""

from __future__ import annotations

import base64
import datetime
import json
import secrets
import shlex
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from ..engine.clock import now
from ..engine.host_shell import HostShell, ScriptDone
from ..engine.who import who_runs
from ..errors import HostError
from ..facts.host.hardening import JOURNAL, StageFiles, run_of
from ..host_scripts import HostScript
from ..model.hardening import HardenPlan, WriteFile
from ..model.hardening_journal import HardenRun, StageOutcome, StageState

_READ = HostScript(__package__, "read_runs.sh")
LOCK = f"{JOURNAL}/lock"


async def hold_lock(shell: HostShell) -> None:
    """One harden a host at a time, until this shell ends. Raises HostError where another one is at work."""
    made = await shell.run(f"umask 077; mkdir -p {JOURNAL}")
    if made.status:
        raise HostError(f"{JOURNAL} can't be made on {shell.name}: {made.words}", hint="is the file system read-only?")
    holder = await shell.hold(LOCK, f"{who_runs()}, since {now()}")
    if holder:
        raise HostError(
            f"another harden is at work on {shell.name}: that of {holder}",
            hint="wait until it has ended: it keeps or takes back its stage within three minutes",
        )


async def begin_run(shell: HostShell, plan: HardenPlan) -> str:
    """The folder of a new run; what is planned, when and by whom stands in it before anything changes."""
    id = f"{datetime.datetime.now(datetime.UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    entry = {
        "id": id,
        "began": now(),
        "who": who_runs(),
        "plan": msgspec.to_builtins(_without_contents(plan)),
    }
    folder = f"{JOURNAL}/{id}"
    made = await shell.run(f"umask 077; mkdir {folder}")
    done = made if made.status else await _write(shell, f"{folder}/run.json", json.dumps(entry, indent=1))
    if done.status:
        raise HostError(f"nothing was changed: {folder} can't be written on {shell.name}: {done.words}")
    return folder


def stage_folder(run: str, number: int) -> str:
    return f"{run}/{number:02d}"


async def runs_on(shell: HostShell) -> list[HardenRun]:
    """All runs that the host remembers, oldest first. One whose entry is damaged is left out."""
    done = await shell.run(_READ.with_arguments(JOURNAL))
    return [run for text in done.output.split("\036")[1:] if (run := _run_of(text)) is not None]


async def end_run(shell: HostShell, run: str, after: Mapping[str, Sequence[str]], pending: Iterable[str] = ()) -> None:
    """Writes down that the run came to its end, and what is true now: control -> facts in words; what is pending."""
    text = json.dumps({"ended": now(), "after": dict(after), "pending": sorted(pending)}, indent=1)
    await _write(shell, f"{run}/outcome.json", text)


async def mark_undone(shell: HostShell, run: str) -> None:
    await _write(shell, f"{JOURNAL}/{run}/undone", f"{now()} by {who_runs()}")


def unfinished(runs: Iterable[HardenRun]) -> list[tuple[str, StageOutcome]]:
    """(folder of the stage, stage) of those that were neither kept nor taken back, the newest first."""
    ended = (StageState.KEPT, StageState.UNDONE, StageState.ACCEPTED)
    found = [
        (stage_folder(f"{JOURNAL}/{run.id}", stage.number), stage)
        for run in runs
        for stage in run.stages
        if stage.state not in ended
    ]
    return found[::-1]


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
    entry, outcome, undone, *stages = text.split("\035")
    files = [StageFiles(*stage.split("\034")) for stage in stages if stage.strip()]
    return run_of(entry, outcome, undone[1:] if undone else None, files)


async def _write(shell: HostShell, path: str, text: str) -> ScriptDone:
    """Whole or not at all, for root alone."""
    at, content = shlex.quote(path), base64.b64encode(text.encode()).decode()
    return await shell.run(
        f"umask 077; printf %s {content} | base64 -d >{at}.new && sync {at}.new && mv -f {at}.new {at}"
    )
