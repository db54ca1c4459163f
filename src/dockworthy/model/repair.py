"""What `fix` does to files: which fixes are made, which are not and why, and the texts before and after."""

from __future__ import annotations

from msgspec import Struct

from .fix import Fix
from .verified import Verified


class NotMade(Struct, frozen=True):
    """A fix that was asked for and can't be made: `why`, and what to do by hand (`hint`)."""

    fix: Fix
    why: str
    hint: str = ""


class NewFile(Struct, frozen=True):
    """A file that the repaired one needs, for its owner alone. `uid`: whom it must belong to where that can be chosen,
    None for whoever writes it. What it says may be a secret: it is shown nowhere."""

    path: str
    content: bytes
    uid: int | None = None

    def __repr__(self) -> str:
        return f"NewFile({self.path!r})"


class FileRepair(Struct, frozen=True, kw_only=True):
    """One file. `offered` are fixes that were not asked for: of the other kind, or of other controls.

    `kept_at` is where the old text lies, "" where nothing was written. `verified`: what a run of the services showed,
    None where none was asked for. `is_build`: it is a Dockerfile. `new_files` are written beside it.
    `notes` are for people.
    """

    file: str
    old: str
    new: str
    made: tuple[Fix, ...] = ()
    not_made: tuple[NotMade, ...] = ()
    offered: tuple[Fix, ...] = ()
    kept_at: str = ""
    verified: Verified | None = None
    new_files: tuple[NewFile, ...] = ()
    notes: tuple[str, ...] = ()
    is_build: bool = False

    @property
    def changes(self) -> bool:
        return self.old != self.new


class Repair(Struct, frozen=True, kw_only=True):
    """All files that were looked at. `unread`: those that could not be read, and why. `written`: by now."""

    files: tuple[FileRepair, ...]
    unread: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    written: bool = False

    @property
    def changed(self) -> tuple[FileRepair, ...]:
        return tuple(file for file in self.files if file.changes)

    @property
    def complete(self) -> bool:
        """Was everything that was asked for made?"""
        return not any(file.not_made for file in self.files)
