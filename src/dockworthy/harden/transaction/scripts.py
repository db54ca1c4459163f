"""A stage as the files that lie on the host before it begins: what to do, how to take it back, the new contents."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterator
from importlib.resources import files

from msgspec import Struct

from ...model.hardening import RemoveFile, Run, SetMode, WriteFile

FileDeed = WriteFile | RemoveFile | SetMode


class LetGo(Struct, frozen=True):
    """Before the first file's old content is back: `settings` in its place, and the script by which the engine takes
    them over. For what it would keep otherwise, because its name is gone."""

    settings: str
    tell: str


class Stage(Struct, frozen=True, kw_only=True):
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


def stage_files(stage: Stage) -> dict[str, str]:
    """Path inside the stage's folder -> content."""
    scripts = {name: _own(name) for name in ("host.sh", "guard.sh")}
    scripts["host.sh"] += _own("engine.sh") + stage.library
    contents = {
        f"new/{number}": deed.after for number, deed in enumerate(stage.files, 1) if isinstance(deed, WriteFile)
    }
    if stage.let_go is not None:
        contents["let_go"] = stage.let_go.settings
    if stage.may_undo:
        contents["may_undo.sh"] = _script(iter([stage.may_undo]))
    return {**scripts, **contents, "do.sh": _script(_doing(stage)), "undo.sh": _script(_undoing(stage))}


def _own(name: str) -> str:
    return files(__package__).joinpath(name).read_text()


def _script(lines: Iterator[str]) -> str:
    return "\n".join(('D=$(dirname -- "$0")', '. "$D/host.sh"', *lines, ""))


def _doing(stage: Stage) -> Iterator[str]:
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
        yield f"engine_is_told\n{stage.tell}"


def _one(number: int, deed: FileDeed) -> str:
    if isinstance(deed, RemoveFile):
        return _call("drop", deed.path)
    owner = "-" if deed.owner is None else f"{deed.owner[0]}:{deed.owner[1]}"
    mode = "-" if deed.mode is None else f"{deed.mode:04o}"
    if isinstance(deed, SetMode):
        return _call("mode", deed.path, mode, owner)
    return _call("put", str(number), deed.path, mode, owner)


def _undoing(stage: Stage) -> Iterator[str]:
    """Backwards. It may have to run twice: each line does nothing where there is nothing to take back."""
    if stage.let_go is not None:
        yield f"if engine_was_told && lay_let_go {shlex.quote(stage.files[0].path)}; then\n{stage.let_go.tell}\nfi"
    for number, deed in reversed(list(enumerate(stage.files, 1))):
        yield _call("back", str(number), deed.path)
    for number, run in reversed(list(enumerate(stage.runs, 1))):
        if run.undo:
            back = _call("attempt", f"taking back: {run.says or run.argv[0]}", *run.undo)
            yield f"{_call('never_begun', str(number))} || {back}"
    if stage.tell:
        yield f"if engine_was_told; then\n{stage.tell}\nfi"


def _call(*words: str) -> str:
    return shlex.join(words)


def _sum(text: str | None) -> str:
    return "none" if text is None else hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
