"""What is there already, judged: only a result that was seen is a pass; a tool that runs is not yet its work."""

from __future__ import annotations

from collections.abc import Iterable

from ...model.evidence import ToolTask
from ...model.field import Unknown
from ...model.finding import Evidence, Judgement, Outcome
from ...model.machine import Machine
from ...model.proof import Proof, Strength

_MOST = 5
"""Proofs in one finding."""
_DECLARE = "state in dockworthy.yaml under `evidence:` who says so"


def proofs_of(machine: Machine, demand: str, *tasks: ToolTask) -> list[Proof]:
    """Those of the demand whose task is one of these."""
    return [proof for proof in machine.proofs if proof.demand == demand and proof.task in tasks]


def judged(
    machine: Machine,
    proofs: Iterable[Proof],
    *,
    looked_for: str,
    tell: str,
    looked_in: tuple[str, ...],
    one_is_enough: bool = False,
) -> Judgement:
    """Known to be bad: fail. Else a result that was seen: pass. Else unknown: what runs, or what was looked for.

    What lapsed is unknown again, also where something else still stands: nobody tried that one lately.

    `looked_in` names the members of the machine's evidence that would tell; where one was not read, it is said.
    `one_is_enough`: where one tool does the job, it is no fault that another does not.
    """
    proofs = list(proofs)
    bad = [proof for proof in proofs if not proof.good]
    measured = [proof for proof in proofs if proof.good and proof.strength is Strength.MEASURED]
    if bad and not (one_is_enough and measured):
        return Judgement(Outcome.FAIL, _evidence([*bad, *measured]))
    lapsed = [proof for proof in proofs if proof.lapses and proof.strength is not Strength.MEASURED]
    if measured and not lapsed:
        return Judgement(Outcome.PASS, _evidence(measured))
    gaps = _gaps(machine, looked_in)
    if proofs:
        return Judgement(
            Outcome.UNKNOWN,
            (*_evidence([*lapsed, *(each for each in proofs if each not in lapsed)]), *gaps),
            tell=f"{tell}; or {_DECLARE}",
        )
    nothing = Evidence(f"unknown; looked for {looked_for}")
    return Judgement(Outcome.UNKNOWN, (nothing, *gaps), tell=f"{tell}; or {_DECLARE}")


def _evidence(proofs: list[Proof]) -> tuple[Evidence, ...]:
    return tuple(Evidence(proof.says, proof.source) for proof in proofs[:_MOST])


def _gaps(machine: Machine, names: tuple[str, ...]) -> tuple[Evidence, ...]:
    """Each reason once. A snapshot of before evidence was read has one for all."""
    fields = (getattr(machine.evidence, name) for name in names)
    reasons = dict.fromkeys(field.reason for field in fields if isinstance(field, Unknown))
    return tuple(Evidence(f"not seen: {reason}") for reason in reasons)
