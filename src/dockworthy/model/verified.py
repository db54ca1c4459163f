"""What a run of services in a scratch project proved: changes that they work with, and those that they do not."""

from __future__ import annotations

from msgspec import Struct

from .fix import Change


class ProvenChange(Struct, frozen=True, kw_only=True):
    """Changes that the service was seen to work with. `controls` are those whose fixes they stand for.

    `because`: what was seen when it was made tighter still, "" where nothing tighter was tried.
    """

    service: str
    says: str
    changes: tuple[Change, ...]
    controls: tuple[str, ...] = ()
    because: str = ""


class ProvenNeed(Struct, frozen=True, kw_only=True):
    """What a control forbids and a run showed that the service needs: `reason` says what was seen without it."""

    control: str
    service: str
    reason: str


class RefusedChange(Struct, frozen=True, kw_only=True):
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


class Verified(Struct, frozen=True, kw_only=True):
    """`trials` counts starts of services; `notes` are what the proof does not cover, in sentences."""

    kept: tuple[ProvenChange, ...]
    refused: tuple[RefusedChange, ...]
    measured: tuple[Measured, ...]
    states: tuple[FinalState, ...]
    trials: int
    seconds: float
    notes: tuple[str, ...] = ()
    needs: tuple[ProvenNeed, ...] = ()

    @property
    def changes(self) -> tuple[Change, ...]:
        """All that is kept, as one list of changes of the file."""
        return tuple(change for kept in self.kept for change in kept.changes)
