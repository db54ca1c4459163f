"""The exact repair that a control knows for a Dockerfile: data of the control, applied by `fix`."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import Struct

from .build import ImageBuild
from .build_change import BuildChange
from .compose_fix import KnownToEngine
from .fix import FixKind


class WrittenBuild(Struct, frozen=True):
    """A Dockerfile as it was read, and what an engine told besides."""

    build: ImageBuild
    known: KnownToEngine = KnownToEngine()


class BuildFix(Struct, frozen=True, kw_only=True):
    """`says` what it does; `may_break` what can stop working by it, which every fix that is to be proven must name.

    `changes` is a pure function: one change for each fault that has an exact repair, none for the others. `of_unknown`:
    made where the file does not tell, too, not only where the control fails.
    """

    says: str
    kind: FixKind = FixKind.TO_BE_PROVEN
    may_break: str = ""
    changes: Callable[[WrittenBuild], Iterable[BuildChange]]
    of_unknown: bool = False
