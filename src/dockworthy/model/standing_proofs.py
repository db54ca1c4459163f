"""Which proofs stand: of each claim, subject and drill the newest one counts, and only until it lapses."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from .demands import DEMANDS
from .drill_proof import DrillProof
from .moments import read_moment

PROVEN_FOR = timedelta(days=180)
"""What nobody tried for half a year may no longer work."""
_AHEAD = timedelta(hours=1)
"""By which the clock of another host may be ahead."""
_NEVER = datetime.max.replace(tzinfo=UTC)


class ProofState(StrEnum):
    STANDS = "stands"
    FAILED = "failed"
    LAPSED = "lapsed"
    TO_COME = "to_come"  # dated in the future: a clock was wrong, so when it was is not known


class StandingProof(Struct, frozen=True):
    """The proof that counts, and what it is worth now."""

    proof: DrillProof
    state: ProofState


def standing_proofs(proofs: Iterable[DrillProof], now: datetime) -> tuple[StandingProof, ...]:
    """One for each claim, subject and drill, in the order of the demands.

    The newest one counts, so that a failed drill outranks every older success, also when it lapsed itself. A success
    that is dated in the future outranks nothing, as nobody knows when it was; a failure does, until its file is gone.
    """
    counting: dict[tuple[str, str, str], StandingProof] = {}
    for proof in newest_first(proofs):
        known = counting.get(question_of(proof))
        if known is None or known.state is ProofState.TO_COME:
            counting[question_of(proof)] = StandingProof(proof, state_of(proof, now))
    return tuple(sorted(counting.values(), key=lambda each: _order(each.proof)))


def newest_first(proofs: Iterable[DrillProof]) -> list[DrillProof]:
    """Of those of one moment the worst comes first: the failure that counts longest, then the success that lapses
    first. What has no moment counts as the newest of all."""
    return sorted(proofs, key=_age, reverse=True)


def _age(proof: DrillProof) -> tuple[datetime, bool, float]:
    at, lapses = read_moment(proof.at) or _NEVER, read_moment(proof.lapses)
    lasts = (lapses - at).total_seconds() if lapses is not None else 0.0
    return at, not holds(proof), -lasts if holds(proof) else lasts


def state_of(proof: DrillProof, now: datetime) -> ProofState:
    """What that proof says now, whatever others say."""
    at, lapses = read_moment(proof.at), read_moment(proof.lapses)
    if lapses is None or lapses <= now:
        return ProofState.LAPSED
    if not holds(proof):
        return ProofState.FAILED
    return ProofState.TO_COME if at is None or at - _AHEAD > now else ProofState.STANDS


def holds(proof: DrillProof) -> bool:
    """Did the drill pass, and see the fault of its own making, where it made one?"""
    return proof.passed and (proof.negative_control is None or proof.negative_control.seen)


def question_of(proof: DrillProof) -> tuple[str, str, str]:
    """What the drill asked: later ones of the same question take its place."""
    return proof.claim, proof.subject, proof.drill


def what_it_proves(proof: DrillProof) -> str:
    """`the restore of shop`, `the guard of the engine`."""
    return f"the {proof.drill} of {subject_in_words(proof.subject)}"


def subject_in_words(subject: str) -> str:
    """`project/shop` is shop, `engine` is the engine."""
    kind, slash, name = subject.partition("/")
    return name if slash else f"the {kind}"


def _order(proof: DrillProof) -> tuple[int, str, str, str]:
    places = {demand: place for place, demand in enumerate(DEMANDS)}
    return places.get(proof.claim, len(places)), proof.claim, proof.subject, proof.drill
