"""What was read is judged: no control may trip over it."""

from __future__ import annotations

from dockworthy.controls.judging import judge_written
from dockworthy.errors import UsageError
from dockworthy.model.levels import Level
from dockworthy.model.written import Written
from dockworthy.readers.files import FoundFile
from dockworthy.readers.written_file import Surroundings, read_written

SURROUNDINGS = Surroundings({"A": "a", "HOME": "/home/ann"})


def judge(written: Written) -> None:
    for finding in judge_written(written, Level.PRODUCTION):
        for evidence in finding.evidence:
            assert "the control itself failed" not in evidence.says, (finding.control, evidence.says)


def read_or_refused(raw: bytes, name: str) -> None:
    """As `check` does for a file that a person named: judged, or refused with the file's name."""
    try:
        written = read_written(FoundFile(name, "-", True, raw), SURROUNDINGS)
    except UsageError as error:
        assert name in error.says
        return
    judge(written)
