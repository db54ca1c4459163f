"""An exception that stands as a comment in the file that is judged."""

from __future__ import annotations

import datetime

from msgspec import Struct

from .field import Source


class Allowance(Struct, frozen=True, kw_only=True):
    """`# dockworthy: allow CONTROL until DAY by OWNER: REASON`.

    `first` to `last` are the lines (from 1) that it speaks for: its own, or the next that is no comment, with what
    continues it. `within` are that line and those of the keys that enclose it, innermost first. `of_file`: it speaks
    for the whole file.
    """

    control: str
    reason: str
    expires: datetime.date
    source: Source
    first: int
    last: int
    owner: str = ""
    of_file: bool = False
    within: tuple[int, ...] = ()
