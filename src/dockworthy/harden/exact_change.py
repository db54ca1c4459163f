"""What a step changes, letter by letter, for the person who decides: as a diff, secrets hidden."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterator

from ..facts.secret_values import hide_in_text
from ..model.hardening import Deed, RemoveFile, Run, SetMode, SetSettings, Step, WriteFile
from .settings_text import changed_settings
from .situation import Situation

_HIDDEN = "(hidden)"


def exact_change(step: Step, situation: Situation) -> str:
    """Lines of a unified diff for files, `$ command` for commands; each step as if it were done alone."""
    return "\n".join(line for deed in step.deeds for line in _lines(deed, situation))


def _lines(deed: Deed, situation: Situation) -> Iterator[str]:
    if isinstance(deed, SetSettings):
        path = situation.ways.config_file
        before = situation.files.get(path)
        yield from _diff(path, before, changed_settings(before, deed.values, path))
    elif isinstance(deed, WriteFile) and deed.secret:
        yield f"{deed.path}: new content, not shown"
    elif isinstance(deed, WriteFile):
        yield from _diff(deed.path, deed.before, deed.after)
    elif isinstance(deed, RemoveFile):
        yield from _diff(deed.path, deed.before, "")
    elif isinstance(deed, SetMode):
        owner = "" if deed.owner is None else f" owner {deed.owner[0]}:{deed.owner[1]}"
        yield f"{deed.path}:{'' if deed.mode is None else f' mode {deed.mode:04o}'}{owner}"
    elif isinstance(deed, Run):
        yield f"$ {hide_in_text(shlex.join(deed.argv), lambda _: _HIDDEN)}"


def _diff(path: str, before: str | None, after: str) -> Iterator[str]:
    old, new = (_shown(text).splitlines() for text in (before or "", after))
    yield from difflib.unified_diff(old, new, path if before is not None else "/dev/null", path, n=2, lineterm="")


def _shown(text: str) -> str:
    return hide_in_text(text, lambda _: _HIDDEN)
