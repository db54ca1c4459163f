"""How many managers: refusals keep a majority whatever is asked, and say why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockworthy.errors import UsageError
from dockworthy.hosts.managers import in_order, majority, may_have_fewer, may_have_more
from dockworthy.model.hosts import NodeRole, SwarmNode


def managers(*reachable: bool) -> list[SwarmNode]:
    return [
        SwarmNode(id=f"m{number}", name=f"h{number}", role=NodeRole.MANAGER, reachable=each)
        for number, each in enumerate(reachable)
    ]


SWARMS = st.lists(st.booleans(), min_size=1, max_size=8).map(lambda each: managers(*each))


@given(SWARMS, st.data(), st.booleans())
def test_whatever_goes_a_majority_answers_at_every_step(
    nodes: list[SwarmNode], data: st.DataObject, force: bool
) -> None:
    gone = data.draw(st.sets(st.sampled_from([node.id for node in nodes])))
    try:
        may_have_fewer(nodes, gone, force=force)
    except UsageError as refused:
        assert refused.hint
        return
    left = list(nodes)
    for node in in_order(nodes, gone):
        left.remove(node)
        assert sum(each.reachable for each in left) >= majority(len(left)) > 0
    if gone and not force:
        assert sum(node.reachable for node in left) % 2 == 1


@given(SWARMS, st.integers(1, 6), st.booleans())
def test_whatever_comes_five_at_most_and_a_majority(nodes: list[SwarmNode], more: int, force: bool) -> None:
    try:
        may_have_more(nodes, more, force=force)
    except UsageError as refused:
        assert refused.hint
        return
    answering = sum(node.reachable for node in nodes)
    assert answering >= majority(len(nodes)) and answering + more <= 5
    assert force or (answering + more) % 2 == 1


@pytest.mark.parametrize(("now", "more"), [(1, 2), (3, 2), (1, 4)])
def test_one_three_and_five_are_right(now: int, more: int) -> None:
    may_have_more(managers(*[True] * now), more)


@pytest.mark.parametrize(
    ("now", "more", "why"),
    [
        (1, 1, "2 managers, who survive the loss of no more of them than 1 would"),
        (3, 1, "4 managers"),
        (5, 2, "7 managers"),
    ],
)
def test_the_reason_is_told(now: int, more: int, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        may_have_more(managers(*[True] * now), more)


def test_one_that_is_dead_is_replaced_without_force() -> None:
    nodes = managers(True, True, False)
    may_have_more(nodes, 1)
    after = [*nodes, *managers(True, True, True, True)[3:]]
    may_have_fewer(after, {"m2"})


def test_of_two_left_of_three_none_may_go() -> None:
    with pytest.raises(UsageError, match="without h0 only 1 of 2 managers would answer, and 2 must"):
        may_have_fewer(managers(True, True, False), {"m0"}, force=True)


def test_the_last_one_stays() -> None:
    with pytest.raises(UsageError, match="no manager would be left"):
        may_have_fewer(managers(True), {"m0"}, force=True)


def test_a_worker_may_always_go() -> None:
    may_have_fewer([*managers(True, True), SwarmNode(id="w", name="w")], {"w"})
