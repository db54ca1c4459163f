"""The nouns of a project that is brought up on another host from its backup alone."""

from __future__ import annotations

from msgspec import Struct

from .backup import RestoredData


class RebuiltImage(Struct, frozen=True, kw_only=True):
    """`source`: `backup`, `registry`, or `host` where it is there already."""

    name: str
    bytes: int
    source: str


class RebuildPlan(Struct, frozen=True, kw_only=True):
    """What comes to `host` from the backup `run`, which was `taken` then, `age` seconds ago. `release`: as which it is
    started, None where it was never deployed: then by its Compose files. `folder`: where these lie. `secrets`,
    `configs`: by name; `routes`: host names at the edge. `there`: what the host has of the project already, and why it
    is the host of the backup itself; `lacks`: what can't be brought back, and why; both as sentences, and refused where
    nobody accepts them."""

    scope: str
    host: str
    place: str
    run: str
    taken: str
    age: float
    folder: str
    files: int
    images: tuple[RebuiltImage, ...]
    data: tuple[RestoredData, ...]
    release: int | None = None
    secrets: tuple[str, ...] = ()
    configs: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    there: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Rebuilt(Struct, frozen=True, kw_only=True):
    """`setup`: what the host itself needed first, as sentences; `plan` is None where that was not agreed to, as nothing
    can be read before. `restored`: was it done? `seconds` in all; `containers`: what runs of it."""

    host: str
    setup: tuple[str, ...] = ()
    plan: RebuildPlan | None = None
    restored: bool = False
    seconds: float = 0.0
    containers: tuple[str, ...] = ()
