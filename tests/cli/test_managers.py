"""Who answers of a swarm's managers tells what to do where it has no leader."""

from __future__ import annotations

import pytest

from dockworthy.cli.hosts.managers import Manager, in_words
from dockworthy.engine.faults import NO_LEADER, NoLeader

LOST = Manager("shop3", silent="ssh: no route to host")


@pytest.mark.parametrize(
    ("told", "says", "hint"),
    [
        ([Manager("shop1", 3), Manager("shop2", 3, leads=True), LOST], "shop2 has one", "--host shop2 asks a manager"),
        ([Manager("shop1", 3), Manager("shop2", 3), LOST], "2 of 3 managers answer (shop1, shop2)", "they are enough"),
        ([Manager("shop1", 3), Manager("shop2"), LOST], "of 3 managers 1 answers (shop1)", NO_LEADER),
        ([LOST], "these hosts do not: shop3 (ssh: no route to host)", NO_LEADER),
    ],
)
def test_by_who_answers(told: list[Manager], says: str, hint: str) -> None:
    error = in_words(NoLeader("the swarm has no leader now", hint=NO_LEADER), told)
    assert says in error.says and hint in error.hint
    assert "force-new-cluster" not in error.says + error.hint
    assert ("recovery" in error.hint) == (hint == NO_LEADER), "only where too few are left"
