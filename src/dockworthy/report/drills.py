"""The ledger of proofs for people: each claim that a drill can prove, with its last proof and how to prove it again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..model.demands import DEMANDS
from ..model.drill_claims import DRILL_CLAIMS, KnownProofs, command_of
from ..model.drill_proof import DrillProof
from ..model.standing_proofs import ProofState, StandingProof
from .sheet import Sheet
from .words import minute_of

_COLUMN = 12
_STATES = {
    ProofState.STANDS: ("proven", "good"),
    ProofState.FAILED: ("failed", "bad"),
    ProofState.LAPSED: ("lapsed", "open"),
    ProofState.TO_COME: ("unknown", "open"),
}
_SECONDS = frozenset({"rto", "rpo"})
"""Measured values that are durations; of one data set: `rpo of db`."""


def render_proofs(known: KnownProofs, *, width: int, colour: bool) -> str:
    sheet = Sheet(width=width, colour=colour)
    for claim in _claims(known.standing):
        sheet.heading(f"{claim} {DEMANDS.get(claim, '')}".rstrip())
        of_claim = [each for each in known.standing if each.proof.claim == claim]
        for each in of_claim:
            _write(sheet, each)
        commands = dict.fromkeys(each.command for each in DRILL_CLAIMS if each.claim == claim)
        if not of_claim:
            sheet.entry("never", "nothing was tried yet", indent=1, column=_COLUMN, label_style="open")
        again = dict.fromkeys(command_of(each.proof.drill, claim) for each in of_claim) or commands
        for command in again:
            sheet.verbatim("prove it", command, indent=1, column=_COLUMN)
    if known.damaged:
        sheet.heading("Unknown")
        for says in known.damaged:
            sheet.point(says, indent=1)
    return str(sheet)


def proofs_as_json(known: KnownProofs) -> dict[str, Any]:
    """The document of `dockworthy drill --format json`."""
    return {"schema": 1, "proofs": [_as_json(each.proof) for each in known.standing]}


def _as_json(proof: DrillProof) -> dict[str, Any]:
    control = proof.negative_control
    return {
        "claim": proof.claim,
        "subject": proof.subject,
        "drill": proof.drill,
        "at": proof.at,
        "passed": proof.passed,
        "lapses": proof.lapses,
        "measured": proof.measured,
        "negative_control": None if control is None else {"fault": control.fault, "seen": control.seen},
    }


def _claims(standing: Sequence[StandingProof]) -> list[str]:
    """Those that can be proven, and what was proven besides, in the order of the demands."""
    named = dict.fromkeys([*(each.claim for each in DRILL_CLAIMS), *(each.proof.claim for each in standing)])
    known = [demand for demand in DEMANDS if demand in named]
    return [*known, *(claim for claim in named if claim not in DEMANDS)]


def _write(sheet: Sheet, standing: StandingProof) -> None:
    proof, (word, style) = standing.proof, _STATES[standing.state]
    sheet.entry(word, f"{proof.subject}, {_when(standing)}", indent=1, column=_COLUMN, label_style=style)
    sheet.line(proof.says, indent=_COLUMN, at_most=4)
    if proof.measured:
        sheet.line(f"measured: {', '.join(_value(*pair) for pair in proof.measured.items())}", indent=_COLUMN)
    if (control := proof.negative_control) is not None:
        seen = "was seen, as it must be" if control.seen else "was not seen: this drill proves nothing"
        sheet.line(f"the fault of its own making ({control.fault}) {seen}", indent=_COLUMN)


def _when(standing: StandingProof) -> str:
    proof = standing.proof
    how = f"{minute_of(proof.at)} by {proof.drill}"
    if standing.state is ProofState.LAPSED:
        was = "passed" if proof.passed else "failed"
        return f"{how}: {was}, and counted until {minute_of(proof.lapses)}"
    if standing.state is ProofState.TO_COME:
        return f"{how}, which is in the future: a clock was wrong, and when it was is unknown"
    return f"{how}, due again {proof.lapses[:10]}" if standing.state is ProofState.STANDS else how


def _value(name: str, value: float) -> str:
    return f"{name.replace('_', ' ')} {value:,.10g}{' s' if name.partition(' ')[0] in _SECONDS else ''}"


def render_drill(proofs: Sequence[DrillProof], notes: Sequence[str], *, width: int, colour: bool) -> str:
    """What a drill proved just now: the outcome, what was measured, and all that was seen."""
    sheet = Sheet(width=width, colour=colour)
    first = proofs[0]
    word, style = _STATES[ProofState.STANDS if first.passed else ProofState.FAILED]
    claims = ", ".join(f"{each.claim} {DEMANDS.get(each.claim, '')}".rstrip() for each in proofs)
    sheet.line(f"{word}: {claims}", style="heading")
    sheet.entry(word, first.says, indent=1, column=_COLUMN, label_style=style)
    if first.measured:
        measured = ", ".join(_value(*pair) for pair in first.measured.items())
        sheet.entry("measured", measured, indent=1, column=_COLUMN)
    for says in first.evidence:
        sheet.entry("seen", says, indent=1, column=_COLUMN)
    for note in notes:
        sheet.entry("note", note, indent=1, column=_COLUMN)
    sheet.entry(
        "counts", f"until {minute_of(first.lapses)}; it is in the ledger: dockworthy drill", indent=1, column=_COLUMN
    )
    return str(sheet)


def drill_as_json(proofs: Sequence[DrillProof]) -> dict[str, Any]:
    """The document of a single drill."""
    return {"schema": 1, "proofs": [_as_json(each) for each in proofs]}
