"""A fix: what a file must say instead, as changes of keys (what is meant) and as edits of lines (what is written)."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from msgspec import Struct


class FixKind(StrEnum):
    """`SAFE`: nothing that works can stop working. `TO_BE_PROVEN`: only a run of the service tells."""

    SAFE = "safe"
    TO_BE_PROVEN = "to-be-proven"


class How(StrEnum):
    """`SET` replaces what stands there, `ADD` adds entries to a list (or keys to a mapping), `REMOVE` takes away."""

    SET = "set"
    ADD = "add"
    REMOVE = "remove"


WHOLE_FILE: Final = ""
"""In place of a service's name: the change is one of the file's top level, as `volumes` and `secrets` are."""


class Change(Struct, frozen=True, omit_defaults=True):
    """A key of a Compose service: `path` leads from the service to it, `value` is plain YAML (None for a removal).

    Where `service` is WHOLE_FILE the path begins at the top of the file.
    """

    service: str
    path: tuple[str, ...]
    value: Any = None
    how: How = How.SET


class Edit(Struct, frozen=True):
    """Whole lines of a file: `first` to `last` (from 1, both included) become `text`, which ends with a line break.

    `last` = `first` - 1 puts the text before line `first`; an empty text takes the lines away.
    """

    file: str
    first: int
    last: int
    text: str


class Fix(Struct, frozen=True, kw_only=True):
    """The repair of one finding. `says` what is done, `may_break` what might stop working, "" for nothing known.

    `changes` are those of a Compose service. `lines` are those of a Dockerfile whose instructions it changes.
    """

    control: str
    subject: str
    kind: FixKind
    says: str
    may_break: str = ""
    changes: tuple[Change, ...] = ()
    edits: tuple[Edit, ...] = ()
    lines: tuple[int, ...] = ()
