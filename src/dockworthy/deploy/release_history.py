"""Which of the recorded releases is in force, which ended in the middle, and which one a rollback brings back. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import UsageError
from ..model.release import Release, ReleaseState


def in_force(releases: Sequence[Release]) -> Release | None:
    """The newest one that was kept."""
    return next((each for each in reversed(releases) if each.state is ReleaseState.KEPT), None)


def of_target(releases: Sequence[Release], target: str) -> tuple[Release, ...]:
    """Those that were shipped by it: a project that changed its target has records of both."""
    return tuple(each for each in releases if each.target == target)


def unfinished(releases: Sequence[Release]) -> tuple[Release, ...]:
    """Those whose deploy ended in the middle."""
    return tuple(each for each in releases if not each.state.is_final)


def cut_off(releases: Sequence[Release]) -> tuple[Release, ...]:
    """Those after the one in force that neither stayed nor were taken back: what they began may be there."""
    last = in_force(releases)
    return tuple(
        each
        for each in releases
        if each.number > (last.number if last is not None else 0)
        and each.state not in (ReleaseState.KEPT, ReleaseState.ROLLED_BACK)
    )


def refuse_before_the_move(releases: Sequence[Release], number: int | None, target: str) -> None:
    """A rollback goes back to what the same target shipped. `releases`: of both. Raises UsageError with the reason."""
    others = [each for each in releases if each.target != target and each.state is ReleaseState.KEPT]
    kept = [each for each in of_target(releases, target) if each.state is ReleaseState.KEPT]
    found = next((each for each in others if each.number == number), None)
    if found is None and number is None and others and len(kept) == 1 and not cut_off(of_target(releases, target)):
        found = others[-1]
    if found is not None:
        raise UsageError(
            f"release {found.number} was shipped by the target {found.target}, and this one is {target}: a rollback "
            "does not change the target",
            hint=f"`deploy.target: {found.target}` and `dockworthy deploy` go back to it",
        )


def to_return_to(releases: Sequence[Release], number: int | None) -> Release:
    """The release that a rollback brings back: the one that is named, else the one that was in force before.

    What was taken back does not count: after 1, 2, back to 1 and 4, the one before 4 is 1.
    Raises UsageError where there is none, or where it was never kept.
    """
    kept = [each for each in releases if each.state is ReleaseState.KEPT]
    if number is not None:
        found = next((each for each in releases if each.number == number), None)
        if found is None:
            raise UsageError(f"there is no release {number}", hint=_kept_in_words(kept))
        if found.state is not ReleaseState.KEPT:
            raise UsageError(
                f"release {number} was never kept: {found.state.replace('_', ' ')}",
                hint=f"{_kept_in_words(kept)}; why it was not, `dockworthy releases` says",
            )
        return found
    if not kept:
        raise UsageError("there is no release to go back to", hint="dockworthy deploy makes the first one")
    if cut_off(releases):  # a deploy that ended in the middle is taken back to what was in force before it
        return kept[-1]
    *before, current = _line(kept)
    if not before:
        raise UsageError(
            f"release {current} is the first one that was kept: there is none before it",
            hint=_newer_in_words(kept, current),
        )
    return next(each for each in kept if each.number == before[-1])


def _kept_in_words(kept: Sequence[Release]) -> str:
    return f"kept are: {', '.join(str(each.number) for each in kept) or 'none'}"


def _newer_in_words(kept: Sequence[Release], current: int) -> str:
    """Whoever went back to the first one may be looking for the way forward again."""
    newer = [each.number for each in kept if each.number > current and each.returns_to is None]
    if not newer:
        return "`dockworthy releases` lists them"
    return f"`dockworthy rollback {newer[-1]}` goes forward again; `dockworthy releases` lists them"


def _line(kept: Sequence[Release]) -> list[int]:
    """The releases that led to the one in force, oldest first: a rollback ends those since what it brought back."""
    line: list[int] = []
    known = {each.number for each in kept}
    for each in kept:
        if each.returns_to is None:
            line.append(each.number)
            continue
        while line and line[-1] > each.returns_to:
            line.pop()
        if not line or line[-1] != each.returns_to:  # forward again; or its record is gone, and this one has it all
            line.append(each.returns_to if each.returns_to in known else each.number)
    return line
