"""An input that could not be judged: which file, in which line, and why."""

from __future__ import annotations

import re


def place_of_unread(what: str, why: str) -> tuple[str, int | None, str]:
    """File, line (None where none is known) and the words of the problem, which begin with both: `a.yaml:3: …`."""
    if not why.startswith(what):
        return what, None, why
    found = re.match(r":(\d{1,9}): ", why[len(what) :])
    if found:
        return what, int(found[1]) or None, why[len(what) + found.end() :]
    return what, None, why[len(what) :].lstrip(": ")
