"""A stage of `harden` as a transaction on the host: what to do, how to take it back and the new contents lie there as
files before it begins; then it begins, and is kept or taken back.
"""

from __future__ import annotations

import base64
import hashlib
import shlex
from collections.abc import Iterator
from typing import NamedTuple

from msgspec import Struct

from ...engine.host_shell import HostShell
from ...errors import HostError
from ...host_scripts import HostScript
from ...model.hardening import RemoveFile, Run, SetMode, WriteFile
from ...model.hardening_journal import StageState

FileDeed = WriteFile | RemoveFile | SetMode


class LetGo(Struct, frozen=True):
    """Before the first file's old content is back: `settings` in its place, and the script by which the engine takes
    them over. For what it would keep otherwise, because its name is gone."""

    settings: str
    tell: str


class HardenStage(Struct, frozen=True, kw_only=True):
    """Steps that are done and judged together. `validate`: commands that must agree before a file is changed, `{new}`
    in them is the folder with the new contents. `tell`: a script that makes the engine take over what is new.
    `library`: more functions of shell, which `runs` may call; `may_undo`: one of
    them that is asked before a person takes the stage back, and prints why not."""

    number: int
    steps: tuple[str, ...]
    files: tuple[FileDeed, ...] = ()
    runs: tuple[Run, ...] = ()
    validate: tuple[Run, ...] = ()
    tell: str = ""
    library: str = ""
    may_undo: str = ""
    let_go: LetGo | None = None


def stage_files(stage: HardenStage) -> dict[str, str]:
    """Path inside the stage's folder -> content."""
    scripts = {name: HostScript(__package__, name).text for name in ("host.sh", "guard.sh")}
    scripts["host.sh"] += HostScript(__package__, "engine.sh").text + stage.library
    contents = {
        f"new/{number}": deed.after for number, deed in enumerate(stage.files, 1) if isinstance(deed, WriteFile)
    }
    if stage.let_go is not None:
        contents["let_go"] = stage.let_go.settings
    if stage.may_undo:
        contents["may_undo.sh"] = _script(iter([stage.may_undo]))
    return {**scripts, **contents, "do.sh": _script(_doing(stage)), "undo.sh": _script(_undoing(stage))}


def _script(lines: Iterator[str]) -> str:
    return "\n".join(('D=$(dirname -- "$0")', '. "$D/host.sh"', *lines, ""))


def _doing(stage: HardenStage) -> Iterator[str]:
    """Everything is kept and checked before anything is changed."""
    for number, deed in enumerate(stage.files, 1):
        if not isinstance(deed, SetMode):
            yield _call("expect", deed.path, _sum(deed.before))
        yield _call("keep", str(number), deed.path)
    for run in stage.validate:
        words = " ".join('"$D/new/1"' if word == "{new}" else shlex.quote(word) for word in run.argv)
        yield f"attempt {shlex.quote(run.says)} {words}"
    for number, deed in enumerate(stage.files, 1):
        yield _one(number, deed)
    for number, run in enumerate(stage.runs, 1):
        yield _call("begun", str(number))
        yield _call("attempt", run.says or run.argv[0], *run.argv)
    if stage.tell:
        yield from ("engine_is_told", stage.tell)


def _one(number: int, deed: FileDeed) -> str:
    if isinstance(deed, RemoveFile):
        return _call("drop", deed.path)
    owner = "-" if deed.owner is None else f"{deed.owner[0]}:{deed.owner[1]}"
    mode = "-" if deed.mode is None else f"{deed.mode:04o}"
    if isinstance(deed, SetMode):
        return _call("mode", deed.path, mode, owner)
    return _call("put", str(number), deed.path, mode, owner)


def _undoing(stage: HardenStage) -> Iterator[str]:
    """Backwards. It may have to run twice: each line does nothing where there is nothing to take back."""
    if stage.let_go is not None:
        yield from (f"if engine_was_told && {_call('lay_let_go', stage.files[0].path)}; then", stage.let_go.tell, "fi")
    for number, deed in reversed(list(enumerate(stage.files, 1))):
        yield _call("back", str(number), deed.path)
    for number, run in reversed(list(enumerate(stage.runs, 1))):
        if run.undo:
            back = _call("attempt", f"taking back: {run.says or run.argv[0]}", *run.undo)
            yield f"{_call('never_begun', str(number))} || {back}"
    if stage.tell:
        yield from ("if engine_was_told; then", stage.tell, "fi")


def _call(*words: str) -> str:
    return shlex.join(words)


def _sum(text: str | None) -> str:
    return "none" if text is None else hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


_LAY_DOWN = HostScript(__package__, "lay_down.sh")
_STATE_OF = HostScript(__package__, "state_of.sh")
_TAKE_BACK = HostScript(__package__, "take_back.sh")


class StageFolder(NamedTuple):
    """What a stage's folder says: `why` in words where something failed; `guarded`: its guard still lives."""

    state: StageState
    why: str
    guarded: bool


async def begin(shell: HostShell, folder: str, stage: HardenStage, *, confirm_within: int) -> None:
    """Lays the stage down in `folder` and starts it; it takes itself back unless confirmed within so many seconds.

    Raises HostError where it can't be laid down: then nothing was changed.
    """
    contents: list[str] = []
    for name, content in stage_files(stage).items():
        contents += (name, base64.b64encode(content.encode("utf-8", "surrogateescape")).decode())
    done = await shell.run(_LAY_DOWN.with_arguments(folder, StageState.PREPARED, *contents))
    if done.status:
        raise HostError(
            f"{shell.name}: nothing was changed: {folder} can't be written: {done.words}",
            hint="is the file system read-only, or full?",
        )
    guard = f"{_quoted(folder)}/guard.sh {_quoted(folder)} {confirm_within}"
    await shell.run(f"cd / && setsid sh {guard} </dev/null >/dev/null 2>&1 &")


async def state_of(shell: HostShell, folder: str) -> StageFolder:
    """What became of it so far."""
    done = await shell.run(_STATE_OF.with_arguments(folder))
    state, guarded, *why = [*done.output.splitlines(), "", ""]
    try:
        return StageFolder(StageState(state), " ".join(why).strip(), guarded == "yes")
    except ValueError:
        return StageFolder(StageState.PREPARED, "", False)  # killed before the first word was written


async def confirm(shell: HostShell, folder: str) -> None:
    await shell.run(f": >{_quoted(folder)}/confirm")


async def revoke(shell: HostShell, folder: str, why: str) -> None:
    await shell.run(f"printf '%s\\n' {_quoted(why)} >{_quoted(folder)}/why; : >{_quoted(folder)}/revoke")


async def take_back(shell: HostShell, folder: str, *, seconds: float = 900.0) -> StageState:
    """Undoes a stage that nobody guards any more; may be done again. One that never began has changed nothing."""
    done = await shell.run(_TAKE_BACK.with_arguments(folder), seconds=seconds)
    return StageState(done.output.strip() or StageState.STUCK)


async def accept(shell: HostShell, folder: str) -> None:
    """A stage that is stuck is left as it is: nobody takes it back any more."""
    await shell.run(f"D={_quoted(folder)}; . {_quoted(folder)}/host.sh; say_state {StageState.ACCEPTED}")


def _quoted(text: str) -> str:
    return shlex.quote(text)
