"""What a proof needs to know, and what it found."""

from __future__ import annotations

from msgspec import Struct

from ...model.fix import Change


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


class Kept(Struct, frozen=True, kw_only=True):
    """Changes that the service was seen to work with. `controls` are those whose fixes they stand for."""

    service: str
    says: str
    changes: tuple[Change, ...]
    controls: tuple[str, ...] = ()


class Refused(Struct, frozen=True, kw_only=True):
    """A change that the service does not work with: `why`, and the `log` line that shows it ("" for none)."""

    service: str
    says: str
    why: str
    log: str = ""
    controls: tuple[str, ...] = ()


class Measured(Struct, frozen=True, kw_only=True):
    """The unchanged service from its start until it was probed. `memory` bytes, `cpus` cores, `up_after` seconds.

    `wrote` are the paths of its own file system that it wrote to (volumes and mounts are not among them).
    """

    service: str
    up_after: float
    memory: int = 0
    cpus: float = 0.0
    pids: int = 0
    wrote: tuple[str, ...] = ()


class FinalState(Struct, frozen=True, kw_only=True):
    """How a service stood in the last run, with all that is kept. `how` says what its being up was known from."""

    service: str
    state: str
    how: str


class Proof(Struct, frozen=True, kw_only=True):
    """`trials` counts starts of services; `notes` are what the proof does not cover, in sentences."""

    kept: tuple[Kept, ...]
    refused: tuple[Refused, ...]
    measured: tuple[Measured, ...]
    states: tuple[FinalState, ...]
    trials: int
    seconds: float
    notes: tuple[str, ...] = ()

    @property
    def changes(self) -> tuple[Change, ...]:
        """All that is kept, as one list of changes of the file."""
        return tuple(change for kept in self.kept for change in kept.changes)
