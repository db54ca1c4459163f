"""What is better, worse, new: by control and subject, and nothing unseen counts as better."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest
from golden_files import assert_golden
from hypothesis import given
from hypothesis import strategies as st
from samples import AUDIT, LOG_ROTATION, PRIVILEGED, RESTART, assessed, checked, finding

from dockworthy.errors import UsageError
from dockworthy.model.field import Source
from dockworthy.model.finding import AcceptedRisk, Finding, Outcome, Remedy
from dockworthy.model.levels import Level
from dockworthy.model.result import Answer, Result, Verdict
from dockworthy.report.difference import Difference, compare
from dockworthy.report.difference.as_json import render_difference_json
from dockworthy.report.difference.as_markdown import render_difference_markdown
from dockworthy.report.difference.compare import ChangeDirection
from dockworthy.report.difference.terminal import difference_line, render_difference
from dockworthy.report.json_schema import difference_schema
from dockworthy.report.saved_result import load_result
from examples import render_json

FAIL, PASS, UNKNOWN = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN
PENDING, EXCEPTED, DOES_NOT_APPLY = Outcome.PENDING, Outcome.EXCEPTED, Outcome.NOT_APPLICABLE


def one(outcome: Outcome, *, subject: str = "container/web", says: str = "a fact") -> Finding:
    risk = AcceptedRisk("old", "ops@example.com", "2027-03-01") if outcome is EXCEPTED else None
    source = Source("GET /containers/web/json", "HostConfig.Privileged", None)
    return finding(PRIVILEGED, subject, outcome, says, source, exception=risk)


def result(*findings: Finding, answer: Answer = Answer.NOT_YET) -> Result:
    return msgspec.structs.replace(assessed(0), findings=findings, verdict=Verdict(answer))


def way_of(was: Outcome, now: Outcome) -> ChangeDirection | None:
    difference = compare(result(one(was)), result(one(now)))
    ways = [way for way, changes in difference.changes.items() if changes]
    assert len(ways) + difference.unchanged == 1
    return ways[0] if ways else None


@pytest.mark.parametrize(
    ("was", "now", "way"),
    [
        (FAIL, PASS, ChangeDirection.BETTER),
        (FAIL, DOES_NOT_APPLY, ChangeDirection.BETTER),
        (FAIL, PENDING, ChangeDirection.BETTER),
        (UNKNOWN, PASS, ChangeDirection.BETTER),
        (PENDING, PASS, ChangeDirection.BETTER),
        (EXCEPTED, PASS, ChangeDirection.BETTER),
        (PASS, FAIL, ChangeDirection.WORSE),
        (DOES_NOT_APPLY, FAIL, ChangeDirection.WORSE),
        (UNKNOWN, FAIL, ChangeDirection.WORSE),
        (EXCEPTED, FAIL, ChangeDirection.WORSE),
        (PENDING, FAIL, ChangeDirection.WORSE),
        (PASS, UNKNOWN, ChangeDirection.WORSE),
        (PASS, PENDING, ChangeDirection.WORSE),
        (PASS, EXCEPTED, ChangeDirection.WORSE),
        (FAIL, UNKNOWN, ChangeDirection.CHANGED),
        (FAIL, EXCEPTED, ChangeDirection.CHANGED),
        (UNKNOWN, EXCEPTED, ChangeDirection.CHANGED),
        (UNKNOWN, PENDING, ChangeDirection.CHANGED),
        (PASS, DOES_NOT_APPLY, None),
        (FAIL, FAIL, None),
        (UNKNOWN, UNKNOWN, None),
    ],
)
def test_which_way_each_change_goes(was: Outcome, now: Outcome, way: ChangeDirection | None) -> None:
    assert way_of(was, now) is way


@given(st.sampled_from(Outcome), st.sampled_from(Outcome))
def test_never_better_without_good_news_and_never_both_ways(was: Outcome, now: Outcome) -> None:
    there, back = way_of(was, now), way_of(now, was)
    if there is ChangeDirection.BETTER:
        assert now in (PASS, DOES_NOT_APPLY, PENDING)
        assert back is ChangeDirection.WORSE
    assert (there is None) == (back is None)


def test_new_and_gone_subjects() -> None:
    difference = compare(
        result(one(FAIL, subject="container/old"), one(PASS)), result(one(PASS), one(FAIL, subject="container/new"))
    )
    assert [change.latest.subject for change in difference.changes[ChangeDirection.NEW]] == ["container/new"]
    assert [change.latest.subject for change in difference.changes[ChangeDirection.GONE]] == ["container/old"]
    assert difference.unchanged == 1


def test_of_several_judgements_on_one_subject_the_worst_speaks() -> None:
    assert compare(result(one(PASS), one(FAIL)), result(one(FAIL), one(PASS))).unchanged == 1
    difference = compare(result(one(PASS), one(PASS)), result(one(PASS), one(FAIL)))
    assert len(difference.changes[ChangeDirection.WORSE]) == 1


def test_a_result_compared_with_itself_has_no_change() -> None:
    difference = compare(assessed(20), assessed(20))
    assert not any(difference.changes.values())
    assert difference.unchanged == len(assessed(20).findings)
    assert difference.notes == ()


def test_other_levels_and_unread_inputs_are_noted() -> None:
    old = msgspec.structs.replace(result(one(FAIL)), level=Level.BASELINE)
    (level,) = compare(old, result(one(FAIL))).notes
    assert "at level baseline, this one at production" in level
    (unread,) = compare(checked(), msgspec.structs.replace(checked(), unread=())).notes
    assert unread.startswith("for the earlier result 1 input could not be read")


def test_results_of_different_questions_are_refused() -> None:
    with pytest.raises(
        UsageError, match="the earlier result is of `dockworthy check`, this one of `dockworthy assess`"
    ):
        compare(checked(), assessed(1))


def example() -> Difference:
    """A host that was worked on: drops a privilege, loses a log setting, gains containers, loses sight of a file."""
    drop = Remedy("Drop `privileged`; add back the one capability or device that it needs.", "recreates the container")
    rotate = Remedy("Set `max-size` for the container, or the `local` driver for the engine.")
    remedies = {"workload/privileged": drop, "workload/log-rotation": rotate}
    source = Source("GET /containers/x/json", "HostConfig")

    def at(of: dict[str, object], name: str, outcome: Outcome, says: str) -> Finding:
        remedy = remedies.get(str(of["control"])) if outcome is FAIL else None
        return finding(of, f"container/{name}", outcome, says, source, remedy=remedy)

    old = [
        *(at(PRIVILEGED, f"web-{n}", FAIL, "privileged: true") for n in range(6)),
        at(LOG_ROTATION, "db", PASS, "local driver"),
        at(AUDIT, "a", FAIL, "no rule"),
        at(RESTART, "old", FAIL, "restart: no"),
        at(RESTART, "stays", PASS, "restart: always"),
    ]
    new = [
        *(at(PRIVILEGED, f"web-{n}", PASS, "privileged: false") for n in range(6)),
        at(LOG_ROTATION, "db", FAIL, "json-file without max-size"),
        at(AUDIT, "a", UNKNOWN, "permission denied"),
        at(RESTART, "stays", PASS, "restart: always"),
        at(PRIVILEGED, "new", FAIL, "privileged: true"),
        at(RESTART, "new", PASS, "restart: always"),
    ]
    return compare(result(*old), result(*new, answer=Answer.UNDECIDED))


def test_terminal_as_a_person_has_seen_it() -> None:
    assert_golden("difference.txt", render_difference(example()))


def test_markdown_as_a_person_has_seen_it() -> None:
    assert_golden("difference.md", render_difference_markdown(example()))


def test_every_subject_with_verbose() -> None:
    assert "web-3" not in render_difference(example())
    assert "web-3, web-4, web-5" in render_difference(example(), width=200, verbose=True)
    assert "web-3, web-4, web-5" in render_difference_markdown(example(), verbose=True)


def test_no_colour_no_escape_sequence() -> None:
    assert "\x1b" not in render_difference(example())
    assert "\x1b" in render_difference(example(), colour=True)
    evil = compare(result(), result(one(FAIL, subject="container/\x1b[2J|`x`\n# y")))
    assert "\x1b" not in render_difference(evil)
    assert "\n# y" not in render_difference_markdown(evil)


def test_in_one_line() -> None:
    assert difference_line(example()) == (
        "1 worse, 6 better, 1 changed, 2 new, 1 gone, 1 unchanged. Undecided, at level production.\n"
    )


def test_json_tells_every_change_with_its_finding() -> None:
    document = json.loads(render_difference_json(example()))
    assert document["schema"] == 1 and document["command"] == "assess"
    assert (document["before"]["answer"], document["after"]["answer"]) == ("not_yet", "undecided")
    counts = {way: len(document[way]) for way in ("worse", "better", "changed", "new", "gone")}
    assert counts == {"worse": 1, "better": 6, "changed": 1, "new": 2, "gone": 1}
    assert document["unchanged"] == 1
    (worse,) = document["worse"]
    assert (worse["was"], worse["now"]) == ("pass", "fail")
    assert worse["finding"]["control"] == "workload/log-rotation"
    assert worse["finding"]["evidence"]["says"] == "json-file without max-size"
    (gone,) = document["gone"]
    assert (gone["was"], gone["now"]) == ("fail", None)


def test_json_is_valid_by_the_published_schema() -> None:
    document = json.loads(render_difference_json(example()))
    errors = jsonschema.Draft202012Validator(difference_schema()).iter_errors(document)
    assert [error.message for error in errors] == []


def test_a_saved_result_compared_with_what_it_was_saved_from(tmp_path: Path) -> None:
    file = tmp_path / "old.json"
    file.write_bytes(render_json(assessed(30)))
    difference = compare(load_result(file), assessed(30))
    assert not any(difference.changes.values())
