"""What `drill guard` found, as a proof for the ledger."""

from __future__ import annotations

from datetime import UTC, datetime

from ... import __version__
from ...engine.clock import rfc3339
from ...model.drill_proof import DrillProof
from ...model.standing_proofs import PROVEN_FOR
from .outcome import Report, TrialOutcome

_MOST = 10
"""Trials that went wrong and are named."""


def proof_of(report: Report, engine_version: str) -> DrillProof:
    """`engine_version`: of the engine that was drilled."""
    now = datetime.now(UTC)
    bad = report.bad
    attacks, good = len(report.tried_attacks), len(report.tried_good)
    done = sum(result.outcome is TrialOutcome.THROUGH for result in report.attacks)
    unstopped = sum(result.outcome is TrialOutcome.UNSTOPPED for result in report.attacks)
    refused = sum(result.outcome is TrialOutcome.REFUSED for result in report.good)
    says = f"the guard on Engine {engine_version or 'of unknown version'}: "
    if bad:
        says += f"of {attacks} attacks {done + unstopped} were not stopped, of {good} good calls {refused} were refused"
    else:
        says += f"{attacks} attacks did nothing, and {good} good calls passed"
    return DrillProof(
        claim="2.policy",
        subject="engine",
        drill="guard",
        at=rfc3339(now.timestamp()),
        passed=attacks > 0 and not bad,
        lapses=rfc3339((now + PROVEN_FOR).timestamp()),
        says=says,
        measured={
            "attacks": attacks,
            "stopped": report.count(TrialOutcome.STOPPED),
            "good_calls": report.count(TrialOutcome.PASSED),
        },
        evidence=tuple(f"{each.outcome.value}: {each.trial.name}" for each in bad[:_MOST]),
        version=__version__,
    )
