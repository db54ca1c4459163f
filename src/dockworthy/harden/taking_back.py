"""Takes back: what a killed run left half done, and on demand the whole of the last run."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Sequence

from ..engine.host_shell import HostShell
from ..errors import HostError, UsageError
from ..facts.host.hardening import JOURNAL
from ..host_scripts import HostScript
from ..model.hardening_journal import HardenRun, StageState
from ..model.saying import Say
from .later_settings import keep_later_settings
from .runs import hold_lock, mark_undone, runs_on, stage_folder, unfinished
from .transaction import accept, state_of, take_back

_FILES = HostScript(__package__, "stage_files.sh")


async def after_earlier_runs(shell: HostShell, say: Say, *, changing: bool) -> None:
    """Who changes the host holds it, and takes back first what was cut off; who only looks is told of it.

    Raises HostError as `recover` does, or where somebody else holds the host.
    """
    if changing:
        await hold_lock(shell)
        await recover(shell, say)
    elif unfinished(await runs_on(shell)):
        say("an earlier run was cut off; --apply and --undo take back what it left half done")


async def recover(shell: HostShell, say: Say) -> set[str]:
    """Stages that nobody guards any more are taken back: the machine is as it was before them. Returns their runs' ids.

    Raises HostError where one can't be taken back, or where a guard is still at work.
    """
    recovered = set()
    for folder, stage in unfinished(await runs_on(shell)):
        seen = await state_of(shell, folder)
        if seen.guarded:
            raise HostError(
                f"a stage of an earlier run still waits on {shell.name} to be confirmed ({', '.join(stage.steps)})",
                hint="it is taken back by itself within three minutes; then run this again",
            )
        say(f"an earlier run was cut off in {', '.join(stage.steps) or 'a stage'}: taking it back")
        await _take_back(shell, folder)
        recovered.add(folder.split("/")[-2])
    return recovered


async def leave_stuck(shell: HostShell, say: Say) -> list[HardenRun]:
    """Stages that are stuck stay as a person made them. Returns the runs. Raises UsageError where none is stuck."""
    runs = await runs_on(shell)
    stuck = [(folder, stage) for folder, stage in unfinished(runs) if stage.state is StageState.STUCK]
    if not stuck:
        raise UsageError(f"nothing is stuck on {shell.name}")
    for folder, stage in stuck:
        say(f"left as it is: {', '.join(stage.steps)}; the old files stay in {folder}/old")
        await accept(shell, folder)
    ids = {folder.split("/")[-2] for folder, _ in stuck}
    return [run for run in await runs_on(shell) if run.id in ids]


async def undo_last(shell: HostShell, say: Say, *, recovered: Collection[str] = (), force: bool = False) -> HardenRun:
    """Takes back all kept stages of the last run that is not taken back yet, the newest first.

    `recovered`: runs of which a part was taken back just now: then these are meant, and none before them.

    Raises UsageError where there is none, or where a file was changed since (unless `force`).
    """
    known = await runs_on(shell)
    runs = [run for run in known if not run.undone and _kept(run) and (not recovered or run.id in recovered)]
    if recovered and not runs:
        return next(run for run in reversed(known) if run.id in recovered)
    if not runs:
        raise UsageError(f"nothing to take back on {shell.name}: no run of harden is in force there")
    run = runs[-1]
    folders = [stage_folder(f"{JOURNAL}/{run.id}", number) for number in reversed(_kept(run))]
    changed = await _changed_since(shell, folders)
    if changed and not force:
        raise UsageError(
            f"changed since by somebody else: {', '.join(changed)}",
            hint="--force takes them back too: their present content is lost, except settings that somebody added to "
            "daemon.json since",
        )
    for folder in folders:
        at = shlex.quote(f"{folder}/may_undo.sh")
        asked = await shell.run(f"[ ! -e {at} ] || sh {at}")
        if asked.status:
            raise UsageError(f"nothing was taken back on {shell.name}: {asked.output.strip() or asked.words}")
    for folder in folders:
        say(f"taking back {folder.removeprefix(JOURNAL + '/')}")
        if force:
            for path, number, is_same in await _files_of(shell, folder):
                if not is_same:
                    await keep_later_settings(shell, folder, number, path, say)
            await shell.run(f": >{shlex.quote(folder)}/force")
        await _take_back(shell, folder)
    await mark_undone(shell, run.id)
    return run


async def _take_back(shell: HostShell, folder: str) -> None:
    if await take_back(shell, folder) is not StageState.UNDONE:
        why = (await state_of(shell, folder)).why
        raise HostError(f"it could not be taken back: {why}", hint=f"the old files lie in {folder}/old on {shell.name}")


def _kept(run: HardenRun) -> list[int]:
    return [stage.number for stage in run.stages if stage.state is StageState.KEPT]


async def _changed_since(shell: HostShell, folders: Sequence[str]) -> list[str]:
    """Files that are no longer what the run wrote last. `folders`: of its stages, the newest first."""
    seen: set[str] = set()
    changed = []
    for folder in folders:
        for path, _, is_same in await _files_of(shell, folder):
            if path not in seen and not is_same:
                changed.append(path)
            seen.add(path)
    return changed


async def _files_of(shell: HostShell, folder: str) -> list[tuple[str, str, bool]]:
    """Path and number of each file that a stage wrote, and whether it is still what it wrote."""
    lines = [line.split(" ", 2) for line in (await shell.run(_FILES.with_arguments(folder))).output.splitlines()]
    return [(path, number, word == "same") for word, number, path in lines]
