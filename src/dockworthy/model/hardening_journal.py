"""What a host's own journal tells of earlier hardening: what was done to it, when, by whom, before and after."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class StageState(StrEnum):
    """What became of a stage (steps that are done together), as the host itself keeps it."""

    PREPARED = "prepared"  # written down, nothing changed yet
    APPLYING = "applying"
    APPLIED = "applied"  # done, and waiting to be confirmed
    KEPT = "kept"
    FAILED = "failed"  # could not be done; what was done of it is taken back next
    UNDOING = "undoing"
    UNDONE = "undone"
    STUCK = "stuck"  # it could not be taken back: a person is needed
    ACCEPTED = "accepted"  # it was stuck, and a person left it as it is


class StageOutcome(Struct, frozen=True, kw_only=True):
    """`steps` by id; `why` in words where it was not kept."""

    number: int
    steps: tuple[str, ...]
    state: StageState
    why: str = ""


class JournalStep(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A step that was planned. `before` and `after`: the facts of its control in words; `after` is empty where the run
    did not come to measure. `change`: the exact change, secrets hidden. `pending`: it was in force later only."""

    id: str
    title: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    change: str = ""
    pending: bool = False


class HardenRun(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One run. `began` and `ended` are RFC 3339 (`ended` is empty where it was cut off), `who` is the account.

    `stages` are those that were begun; `undone` says when and by whom it was taken back with `--undo`, `""` where not.
    """

    id: str
    began: str
    who: str
    steps: tuple[JournalStep, ...] = ()
    stages: tuple[StageOutcome, ...] = ()
    ended: str = ""
    undone: str = ""

    def state_of(self, step: str) -> StageState | None:
        """What became of a step; None where its stage never began."""
        return next((stage.state for stage in self.stages if step in stage.steps), None)
