"""Which release a rollback brings back."""

from __future__ import annotations

import pytest
from msgspec import structs

from deploy.composed import composed
from dockworthy.deploy.release_history import of_target, refuse_before_the_move, to_return_to
from dockworthy.errors import UsageError
from dockworthy.model.release import Release, ReleaseState


def history(*returns: int | None, swarms: int = 0) -> list[Release]:
    """Kept releases from 1 on; a number: the release goes back to that one. The first `swarms` were for a swarm."""
    return [
        Release(
            number=number,
            project="shop",
            target="swarm" if number <= swarms else "compose",
            state=ReleaseState.KEPT,
            spec=composed(),
            services={},
            returns_to=to,
        )
        for number, to in enumerate(returns, 1)
    ]


@pytest.mark.parametrize(
    ("returns", "before"),
    [
        ((None, None), 1),
        ((None, None, 1, None), 1),  # what was taken back is none that was there before
        ((None, None, None, 1, None, 1, None), 1),
        ((None, None, None, 2), 1),
        ((None, None, 1, 2), 1),  # forward again
        ((None, None, None, 1, 3), 1),
        ((None, None, 1, None, None), 4),
    ],
)
def test_the_one_before_is_what_was_in_force_before(returns: tuple[int | None, ...], before: int) -> None:
    assert to_return_to(history(*returns), None).number == before


@pytest.mark.parametrize("state", [ReleaseState.ROLLING_OUT, ReleaseState.FAILED])
def test_what_ended_in_the_middle_is_taken_back_to_what_is_in_force(state: ReleaseState) -> None:
    """Also where one that was taken back came after it: that one leaves what was there before itself."""
    one, two, three, four = history(None, None, None, None)
    ended = structs.replace(three, state=state)
    assert to_return_to([one, two, ended], None).number == 2
    back = structs.replace(four, state=ReleaseState.ROLLED_BACK)
    assert to_return_to([one, two, ended, back], None).number == 2
    assert to_return_to([one, two, back], None).number == 1
    assert to_return_to([one, ended, four], None).number == 1, "what was kept since then ended that"


@pytest.mark.parametrize("returns", [(None,), (None, None, 1)])
def test_before_the_first_there_is_none(returns: tuple[int | None, ...]) -> None:
    with pytest.raises(UsageError, match="release 1 is the first one"):
        to_return_to(history(*returns), None)


def test_who_went_back_to_the_first_is_told_the_way_forward() -> None:
    with pytest.raises(UsageError) as said:
        to_return_to(history(None, None, None, 1), None)
    assert said.value.hint.startswith("`dockworthy rollback 3` goes forward again")
    with pytest.raises(UsageError) as said:
        to_return_to(history(None), None)
    assert "forward" not in said.value.hint


def test_of_one_that_was_never_kept_the_hint_names_those_that_were() -> None:
    one, two = history(None, None)
    ended = structs.replace(two, number=3, state=ReleaseState.ROLLED_BACK, why="web failed 54 of 132 requests")
    with pytest.raises(UsageError, match="release 3 was never kept: rolled back") as said:
        to_return_to([one, two, ended], 3)
    assert said.value.hint == "kept are: 1, 2; why it was not, `dockworthy releases` says"


def test_where_a_record_is_gone_its_return_has_all_of_it() -> None:
    kept = history(None, None, None, 1, None)[2:]  # records of 1 and 2 are gone
    assert to_return_to(kept, None).number == 4


@pytest.mark.parametrize(
    ("moved", "number"), [(history(None, None, swarms=1), None), (history(*[None] * 4, swarms=1), 1)]
)
def test_a_rollback_does_not_change_the_target(moved: list[Release], number: int | None) -> None:
    with pytest.raises(
        UsageError, match="release 1 was shipped by the target swarm, and this one is compose"
    ) as raised:
        refuse_before_the_move(moved, number, "compose")
    assert "`deploy.target: swarm`" in raised.value.hint


def test_after_the_move_it_goes_back_to_what_the_same_target_shipped() -> None:
    moved = history(None, None, None, swarms=1)
    refuse_before_the_move(moved, None, "compose")
    assert [each.number for each in of_target(moved, "compose")] == [2, 3]
    assert to_return_to(of_target(moved, "compose"), None).number == 2
