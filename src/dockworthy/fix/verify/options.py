"""What a proof needs to know."""

from __future__ import annotations

from msgspec import Struct


class Options(Struct, frozen=True, kw_only=True):
    """How to prove. `probes`: `[SERVICE=]URL` or `[SERVICE=]COMMAND`. `start` and `settle` are seconds: how long the
    unchanged service may take to come up, and how long it must then stay so.

    `hand_in`: variables, secrets, configs and paths that are handed in as they are, by name. `copy_limit`: bytes of
    all that is copied. `endpoint`: the engine, "" for the one that docker itself would ask. `pull`: may missing images
    be pulled?
    """

    probes: tuple[str, ...] = ()
    start: float = 120.0
    settle: float = 2.0
    hand_in: frozenset[str] = frozenset()
    copy_limit: int = 256 * 1024 * 1024
    endpoint: str = ""
    pull: bool = False
