"""The nouns of a copy of a project out of a backup that stays beside the project itself."""

from __future__ import annotations

from msgspec import Struct

from .backup import RestoredData


class CopyPlan(Struct, frozen=True, kw_only=True):
    """The project `scope` comes up as `name`, as the backup `run` has it, which was `taken` then, `age` seconds ago.
    `services`: in the order in which they start; `images`: those that come out of the backup, by name. `lacks`: what
    the copy has not of what the project has, as sentences. `proven`: see RestorePlan."""

    scope: str
    name: str
    place: str
    run: str
    taken: str
    age: float
    data: tuple[RestoredData, ...]
    services: tuple[str, ...]
    images: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    proven: str = ""


class CopyMade(Struct, frozen=True, kw_only=True):
    """`restored`: does it run? `containers`: service -> the name of its container. `evidence`: what was compared and
    seen, as sentences."""

    plan: CopyPlan
    restored: bool = False
    seconds: float = 0.0
    containers: dict[str, str] = {}
    evidence: tuple[str, ...] = ()
