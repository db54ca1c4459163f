"""A difference as JSON: what other programs read. Keys are added, never renamed."""

from __future__ import annotations

from msgspec import Struct

from ...model.finding import Outcome
from ...model.levels import Level
from ...model.result import Answer, Result
from ..as_json import TOOL, FindingsOut, encode
from ..document import FindingOut, ToolOut
from .compare import ChangeDirection, Difference, FindingChange

SCHEMA = 1


class SideOut(Struct, frozen=True):
    """One of the two results."""

    answer: Answer
    level: Level
    valid_until: str | None
    read: tuple[str, ...]


class DifferenceOut(Struct, frozen=True):
    """`was` is null where it is new, `now` where it is gone; `finding` is the later of the two."""

    was: Outcome | None
    now: Outcome | None
    finding: FindingOut


class DifferenceDocument(Struct, frozen=True):
    """What `assess --diff OLD --format json` prints. `changed` is neither better nor worse."""

    schema: int
    tool: ToolOut
    command: str
    before: SideOut
    after: SideOut
    worse: tuple[DifferenceOut, ...]
    better: tuple[DifferenceOut, ...]
    changed: tuple[DifferenceOut, ...]
    new: tuple[DifferenceOut, ...]
    gone: tuple[DifferenceOut, ...]
    unchanged: int
    notes: tuple[str, ...]


def render_difference_json(difference: Difference) -> bytes:
    """One document in UTF-8, with a newline at its end."""
    written = FindingsOut()
    changes = {way: tuple(_change(change, written) for change in difference.changes[way]) for way in ChangeDirection}
    document = DifferenceDocument(
        schema=SCHEMA,
        tool=TOOL,
        command=difference.new.command,
        before=_side(difference.old),
        after=_side(difference.new),
        worse=changes[ChangeDirection.WORSE],
        better=changes[ChangeDirection.BETTER],
        changed=changes[ChangeDirection.CHANGED],
        new=changes[ChangeDirection.NEW],
        gone=changes[ChangeDirection.GONE],
        unchanged=difference.unchanged,
        notes=difference.notes,
    )
    return encode(document)


def _change(change: FindingChange, written: FindingsOut) -> DifferenceOut:
    was, now = (finding.outcome if finding is not None else None for finding in (change.was, change.now))
    return DifferenceOut(was, now, written.finding(change.latest))


def _side(result: Result) -> SideOut:
    return SideOut(result.verdict.answer, result.level, result.verdict.valid_until, result.read)
