"""Which proof counts: a failed drill outranks an older success, and what lapsed proves nothing."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dockworthy.model.drill_proof import DrillProof, NegativeControl
from dockworthy.model.standing_proofs import ProofState, standing_proofs, what_it_proves
from drills.proofs import proof

NOW = datetime(2026, 12, 2, tzinfo=UTC)


def states(*proofs: DrillProof, now: datetime = NOW) -> list[tuple[str, str]]:
    return [(each.proof.at, each.state.value) for each in standing_proofs(proofs, now)]


def test_the_newest_counts_be_it_passed_or_not() -> None:
    old, new = "2026-11-20T03:00:00Z", "2026-12-01T03:00:00Z"
    assert states(proof(old), proof(new)) == [(new, "stands")]
    assert states(proof(old), proof(new, passed=False)) == [(new, "failed")]
    assert states(proof(old, passed=False), proof(new)) == [(new, "stands")]
    assert states(proof(new), proof(new, passed=False)) == [(new, "failed")], "of the same moment"


def test_one_that_lapsed_proves_nothing_and_brings_no_older_one_back() -> None:
    old = proof("2026-11-20T03:00:00Z", "2027-11-20T03:00:00Z")
    for passed in (True, False):
        new = proof("2026-12-01T03:00:00Z", "2026-12-02T00:00:00Z", passed=passed)
        assert states(old, new) == [(new.at, "lapsed")]
        assert states(old, new, now=NOW - timedelta(seconds=1)) == [(new.at, "stands" if passed else "failed")]


def test_a_drill_that_did_not_see_its_own_fault_proves_nothing() -> None:
    fault = NegativeControl("one row fewer", seen=False)
    assert states(proof(negative_control=fault)) == [("2026-12-01T03:00:00Z", "failed")]


def test_a_clock_that_was_wrong() -> None:
    """A success of the future outranks nothing; a failure of the future is believed: nobody knows when it was."""
    far = "2099-01-01T00:00:00Z"
    now = proof(passed=False)
    assert states(proof(far, "2099-02-01T00:00:00Z"), now) == [(now.at, "failed")]
    assert states(proof(far, "2099-02-01T00:00:00Z")) == [(far, "to_come")]
    assert states(proof(far, "2099-02-01T00:00:00Z", passed=False), proof()) == [(far, "failed")]
    assert states(proof(lapses="some day")) == [("2026-12-01T03:00:00Z", "lapsed")]


def test_each_question_has_its_own_answer_in_the_order_of_the_demands() -> None:
    kinds = [("3.rollback", "deploy", "project/shop"), ("1.backup", "restore", "project/blog"),
             ("1.backup", "restore", "project/shop")]  # fmt: skip
    found = standing_proofs([proof(claim=c, drill=d, subject=s) for c, d, s in kinds], NOW)
    assert [(each.proof.claim, each.proof.subject) for each in found] == [
        ("1.backup", "project/blog"),
        ("1.backup", "project/shop"),
        ("3.rollback", "project/shop"),
    ]
    assert what_it_proves(found[0].proof) == "the restore of blog"
    assert what_it_proves(proof(drill="guard", subject="engine")) == "the guard of the engine"


_HOURS = st.integers(-400, 400)


@given(st.lists(st.tuples(_HOURS, _HOURS, st.booleans()), min_size=1, max_size=12), st.randoms())
def test_the_order_in_which_they_are_read_makes_no_difference(
    drawn: list[tuple[int, int, bool]], shuffles: random.Random
) -> None:
    def text(hours: int) -> str:
        return (NOW + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")

    proofs = [proof(text(at), text(at + abs(lasts)), passed=passed) for at, lasts, passed in drawn]
    (found,) = standing_proofs(proofs, NOW)
    shuffles.shuffle(proofs)
    assert standing_proofs(proofs, NOW) == (found,)
    if found.state is ProofState.STANDS:
        assert found.proof.passed and found.proof.lapses > text(0)
        newest = max(each.at for each in proofs if not each.passed or each.at <= text(1))
        assert found.proof.at == newest
