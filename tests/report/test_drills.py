"""The ledger of proofs for people and for programs: each claim, its last proof, when it is due, and the command."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from golden_files import assert_golden

from dockworthy.model.demands import DEMANDS
from dockworthy.model.drill_claims import DRILL_CLAIMS, KnownProofs
from dockworthy.model.drill_proof import DrillProof, NegativeControl
from dockworthy.model.standing_proofs import standing_proofs
from dockworthy.report.drills import proofs_as_json, render_proofs
from dockworthy.report.json_text import json_text

NOW = datetime(2026, 12, 2, tzinfo=UTC)


def _proof(claim: str, subject: str, drill: str, says: str, **more: Any) -> DrillProof:
    when = {"at": "2026-12-01T03:00:00Z", "lapses": "2026-12-15T03:00:00Z"}
    return DrillProof(claim=claim, subject=subject, drill=drill, says=says, **{"passed": True, **when, **more})


PROOFS = [
    _proof(
        "1.backup",
        "project/shop",
        "restore",
        "the copy of shop that was restored from the backup of 2026-12-01 answers, and its data is what was backed up",
        measured={"rto": 12.3, "rpo": 60.0, "rows": 1203400.0},
        negative_control=NegativeControl("one row fewer", seen=True),
    ),
    _proof("1.backup", "project/blog", "restore", "the repository can't be reached", passed=False),
    _proof("3.db-backup", "project/wiki", "restore", "wiki was restored", lapses="2026-12-01T12:00:00Z"),
    _proof(
        "3.rollback",
        "project/shop",
        "deploy",
        "release 3 of shop went back to release 1",
        lapses="2027-05-30T03:00:00Z",
    ),
    _proof("1.monitor", "host", "alert", "an alert came \x1b[31m", at="2099-01-01T00:00:00Z", lapses="2099-02-01"),
]
KNOWN = KnownProofs(
    standing=standing_proofs(PROOFS, NOW), damaged=("/var/lib/dockworthy/proofs/x_y_z.json: it is damaged",)
)


def test_golden() -> None:
    assert_golden("drills.txt", render_proofs(KNOWN, width=80, colour=False))


def test_golden_of_nothing() -> None:
    assert_golden("drills-none.txt", render_proofs(KnownProofs(standing=()), width=80, colour=False))


@pytest.mark.parametrize("width", [50, 80, 132])
def test_no_line_is_wider_but_commands_to_copy(width: int) -> None:
    for line in render_proofs(KNOWN, width=width, colour=False).splitlines():
        assert len(line) <= width or line.startswith(" prove it"), line


def test_what_programs_read() -> None:
    document = json.loads(json_text(proofs_as_json(KNOWN)))
    assert document["schema"] == 1 and document.keys() == {"schema", "proofs"}
    (of_shop,) = (each for each in document["proofs"] if each["claim"] == "1.backup" and each["passed"])
    assert of_shop == {
        "claim": "1.backup",
        "subject": "project/shop",
        "drill": "restore",
        "at": "2026-12-01T03:00:00Z",
        "passed": True,
        "lapses": "2026-12-15T03:00:00Z",
        "measured": {"rto": 12.3, "rpo": 60.0, "rows": 1203400.0},
        "negative_control": {"fault": "one row fewer", "seen": True},
    }
    assert {each["negative_control"] is None for each in document["proofs"]} == {True, False}


def test_the_claims_are_demands() -> None:
    assert [each.claim for each in DRILL_CLAIMS] == [
        each for each in DEMANDS if each in {c.claim for c in DRILL_CLAIMS}
    ]
