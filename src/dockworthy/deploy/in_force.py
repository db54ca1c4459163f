"""Which of the kept releases counts now. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import UsageError
from ..model.release import Release, ReleaseState


def in_force(releases: Sequence[Release]) -> Release | None:
    """The newest one that was kept."""
    return next((each for each in reversed(releases) if each.state is ReleaseState.KEPT), None)


def unfinished(releases: Sequence[Release]) -> tuple[Release, ...]:
    """Those whose deploy ended in the middle."""
    return tuple(each for each in releases if not each.state.is_final)


def to_return_to(releases: Sequence[Release], number: int | None) -> Release:
    """The release that a rollback brings back: the one that is named, else the one before that in force.

    What is in force may itself be a rollback: then it is the one before the one that it brought back.
    Raises UsageError where there is none, or where it was never kept.
    """
    kept = [each for each in releases if each.state is ReleaseState.KEPT]
    if number is not None:
        found = next((each for each in releases if each.number == number), None)
        if found is None:
            known = ", ".join(str(each.number) for each in kept) or "none"
            raise UsageError(f"there is no release {number}", hint=f"kept are: {known}")
        if found.state is not ReleaseState.KEPT:
            raise UsageError(f"release {number} was never kept: {found.state.replace('_', ' ')}", hint=found.why)
        return found
    if not kept:
        raise UsageError("there is no release to go back to", hint="dockworthy deploy makes the first one")
    interrupted = [each for each in unfinished(releases) if each.number > kept[-1].number]
    if interrupted:  # a deploy that ended in the middle is taken back to what was in force before it
        return kept[-1]
    current = kept[-1].returns_to or kept[-1].number
    earlier = [each for each in kept if each.number < current and each.returns_to is None]
    if not earlier:
        raise UsageError(
            f"release {current} is the first one that was kept: there is none before it",
            hint="`dockworthy releases` lists them",
        )
    return earlier[-1]
