"""A difference as JSON: what other programs read. Keys are added, never renamed."""

from __future__ import annotations

from msgspec import Struct

from ...model.finding import Outcome
from ...model.levels import Level
from ...model.result import Answer, Result
from ..as_json import TOOL, FindingsOut, encode
from ..document import FindingOut, ToolOut
from .compare import Change, Difference, Way

SCHEMA = 1


class SideOut(Struct, frozen=True):
    """One of the two results."""

    answer: Answer
    level: Level
    valid_until: str | None
    read: tuple[str, ...]


class ChangeOut(Struct, frozen=True):
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
    worse: tuple[ChangeOut, ...]
    better: tuple[ChangeOut, ...]
    changed: tuple[ChangeOut, ...]
    new: tuple[ChangeOut, ...]
    gone: tuple[ChangeOut, ...]
    unchanged: int
    notes: tuple[str, ...]


def render_difference_json(difference: Difference) -> bytes:
    """One document in UTF-8, with a newline at its end."""
    written = FindingsOut()
    changes = {way: tuple(_change(change, written) for change in difference.changes[way]) for way in Way}
    document = DifferenceDocument(
        schema=SCHEMA,
        tool=TOOL,
        command=difference.new.command,
        before=_side(difference.old),
        after=_side(difference.new),
        worse=changes[Way.WORSE],
        better=changes[Way.BETTER],
        changed=changes[Way.CHANGED],
        new=changes[Way.NEW],
        gone=changes[Way.GONE],
        unchanged=difference.unchanged,
        notes=difference.notes,
    )
    return encode(document)


def _change(change: Change, written: FindingsOut) -> ChangeOut:
    was, now = (finding.outcome if finding is not None else None for finding in (change.was, change.now))
    return ChangeOut(was, now, written.finding(change.latest))


def _side(result: Result) -> SideOut:
    return SideOut(result.verdict.answer, result.level, result.verdict.valid_until, result.read)
