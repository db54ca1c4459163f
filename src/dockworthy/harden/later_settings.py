"""daemon.json that somebody changed after a run: an undo takes the run's own settings back, and leaves the others."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from ..engine.host_shell import HostShell
from ..errors import HostError, UnreadableInput
from ..host_scripts import HostScript
from ..model.saying import Say
from .settings_text import changed_settings
from .situation import parse_settings

_WRITE_LIKE = HostScript(__package__, "write_like.sh")


class Left(Struct, frozen=True):
    """`text`: None for no file. `later`: the settings in it that came after the run."""

    text: str | None
    later: tuple[str, ...]


def without_run(now: str, before: str | None, after: str, file: str) -> Left:
    """`before`: as the run found it, None where there was no file; `after`: as the run left it. Raises UnreadableInput
    where one of them isn't JSON."""
    is_now, was, left = (parse_settings(text, file) for text in (now, before, after))
    own = {name for name in {*was, *left} if was.get(name) != left.get(name)}
    later = tuple(sorted(name for name in is_now if name not in own and is_now[name] != left.get(name)))
    text = now
    for name in sorted(own):
        value = _back(is_now.get(name), was.get(name), left.get(name))
        text = changed_settings(text, {name: None}, file) if isinstance(value, dict) else text
        text = changed_settings(text, {name: value}, file)
    return Left(None if before is None and not parse_settings(text, file) else text, later)


def _back(now: Any, before: Any, after: Any) -> Any:
    """Of a map the run's own names alone. None: it is not there."""
    if not (isinstance(now, dict) and isinstance(after, dict) and isinstance(before, dict | None)):
        return before
    was = before or {}
    own = {name for name in {*was, *after} if was.get(name) != after.get(name)}
    merged = {**now, **{name: _back(now.get(name), was.get(name), after.get(name)) for name in own}}
    left = {name: value for name, value in merged.items() if name not in own or value is not None}
    return left if left or before is not None else None


async def keep_later_settings(shell: HostShell, folder: str, number: str, path: str, say: Say) -> None:
    """File `number` of a stage, which is not what the stage wrote: what it is to be is put where `undo.sh` finds what
    it was. Any file that is no JSON goes back as it was. Raises HostError."""
    kept = f"{folder}/old/{number}"
    at = shlex.quote(kept)
    new = f"{shlex.quote(folder)}/new/{number}"
    now, after, before, was_none = [
        await shell.run(script)
        for script in (
            f'cat -- "$(readlink -f -- {shlex.quote(path)})"',
            f"cat {new}",
            f"if [ -e {at}.before ]; then cat {at}.before; else cat {at}; fi",
            f"[ -e {at}.none ]",
        )
    ]
    if now.status or after.status or (before.status and was_none.status):
        return
    old = None if not was_none.status else before.output
    try:
        if not parse_settings(now.output, path):
            return
        left = without_run(now.output, old, after.output, path)
    except UnreadableInput:
        return
    if left.text is None:  # only where there was no file before
        await shell.run(f"rm -f {at}")
        return
    say(f"{path}: {_of_later(left.later)}")
    # `undo.sh` looks for `old/N` before it looks whether there was none (transaction/host.sh, `back`).
    if old is None:
        await _write(shell, kept, path, left.text)
    else:
        await _write(shell, kept, f"{kept}.before", left.text, keep=True)
    let_go = f"{folder}/let_go"
    told = await shell.run(f"cat {shlex.quote(let_go)}")
    if not told.status and number == "1":  # daemon.json is the first file where there is one (stages.py)
        there = parse_settings(old, path)
        meant = {name: value for name, value in parse_settings(told.output, path).items() if name not in there}
        await _write(shell, let_go, let_go, changed_settings(left.text, meant, path))


def _of_later(names: Sequence[str]) -> str:
    if not names:
        return "no settings were added since the run; only the layout of the file differs"
    return f"settings added or changed since the run stay: {', '.join(names)}"


async def _write(shell: HostShell, at: str, like: str, text: str, *, keep: bool = False) -> None:
    script = _WRITE_LIKE.with_arguments(at, like, "keep" if keep else "")
    done = await shell.run(script, given=text.encode("utf-8", "surrogateescape"))
    if done.status:
        raise HostError(f"{shell.name}: {at} can't be written: {done.words}", hint="is the file system full?")
