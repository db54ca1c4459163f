"""An intent is written into dockworthy.yaml; what others wrote there stays."""

from __future__ import annotations

import pytest

from dockworthy.model.policy import Availability, Code, Data, Exposure, Intent, Team
from dockworthy.policy.stating import with_intent
from dockworthy.readers.project_file import parse_project_file

WHOLE = Intent(Data.PRECIOUS, Code.OWN, Exposure.INTERNET, Availability.ZERO_DOWNTIME, Team(2, True))


@pytest.mark.parametrize(
    "before",
    [
        "",
        "# only a comment\n",
        "# top\npolicy:   # strict\n  level: restricted  # for all\nhosts:\n  a: 'ssh://a'\n",
        "policy:\n    level: restricted\nintent: {data: none}  # to be seen\n",
        "intent:\n  # what is lost\n  data: none   # nothing yet\n  team: {operators: 9}\n",
    ],
)
def test_every_comment_and_every_other_line_stays(before: str) -> None:
    after = with_intent(before, WHOLE)
    assert parse_project_file(after, "f").intent == WHOLE
    for line in before.splitlines():
        if "intent" not in line and "data" not in line and "team" not in line:
            assert line in after.splitlines()
    for comment in (part for part in before.split() if part.startswith("#")):
        assert comment in after


def test_twice_is_once() -> None:
    once = with_intent("policy: {level: baseline}\n", WHOLE)
    assert with_intent(once, WHOLE) == once


def test_what_is_not_said_stays_as_it_was() -> None:
    after = with_intent("intent: {data: precious, exposure: private}\n", Intent(exposure=Exposure.INTERNET))
    assert parse_project_file(after, "f").intent == Intent(data=Data.PRECIOUS, exposure=Exposure.INTERNET)
