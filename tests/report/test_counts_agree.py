"""The same findings, the same numbers: in every format, of `assess`, `check` and a refused `deploy`."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import partial
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from dockworthy.model.field import Source
from dockworthy.model.finding import Evidence, Finding, Outcome
from dockworthy.model.levels import Level, Severity
from dockworthy.model.policy import Intent
from dockworthy.model.result import Answer, Result, Verdict
from dockworthy.report.as_json import json_parts
from dockworthy.report.as_markdown import render_markdown
from dockworthy.report.deploy import render_refusal
from dockworthy.report.html import render_html
from dockworthy.report.junit import junit_parts
from dockworthy.report.terminal import render_terminal
from dockworthy.verdict.files import answer_for_files
from dockworthy.verdict.requirements import assumed, requirements
from dockworthy.verdict.sentences import worst_of_use
from dockworthy.verdict.subjects import subjects_of
from dockworthy.verdict.weighing import Weighing, decides
from effort import examples

CONTROLS = [f"workload/c{number}" for number in range(7)]
NEEDS = requirements(assumed(Intent()))
DEMANDS = ["1.privileges", "5.cleanup", "4.path", "3.logs"]
"""Two of them a use only is advised to meet."""


def _finding(control: int, subject: int, outcome: Outcome, severity: Severity, line: int) -> Finding:
    """Later controls follow from the first, and the second is stricter than the third: one fault told once."""
    return Finding(
        control=CONTROLS[control],
        title=f"Rule {control}",
        fault=f"{{who}} [breaks|break] rule {control}",
        subject=f"container/s{subject}",
        kind="container",
        outcome=outcome,
        severity=severity,
        level=Level.PRODUCTION if control else Level.BASELINE,
        demand=DEMANDS[control % len(DEMANDS)],
        evidence=(Evidence(f"line {line} says so", Source(f"compose-{subject}.yaml", "x", line)),),
        follows_from=(CONTROLS[0],) if control in (5, 6) else (),
        stricter_than=(CONTROLS[2],) if control == 1 else (),
    )


FINDINGS = st.lists(
    st.builds(
        _finding,
        st.integers(0, len(CONTROLS) - 1),
        st.integers(0, 3),
        st.sampled_from(Outcome),
        st.sampled_from(Severity),
        st.integers(1, 2),
    ),
    max_size=25,
    unique_by=lambda finding: (finding.control, finding.subject),
).map(tuple)


def result(findings: tuple[Finding, ...], command: str) -> Result:
    subjects = subjects_of(findings)
    if command == "check":
        verdict = answer_for_files(findings, subjects, ())
    else:
        verdict = Verdict(Answer.NOT_YET, tuple(worst_of_use(findings, partial(decides, needs=NEEDS))))
    return Result(
        command=command,
        level=Level.PRODUCTION,
        verdict=verdict,
        subjects=subjects,
        findings=findings,
        demands=Weighing(findings, Level.PRODUCTION).demands(NEEDS),
    )


def number(pattern: str, text: str) -> int:
    """The number in brackets; 0 where the text does not speak of it."""
    found = re.search(pattern, text)
    return int(found[1]) if found else 0


def controls_by_reasons(because: tuple[str, ...]) -> int:
    """What a reader gets who adds up: one for each fault that is named, and what is counted behind."""
    named = sum(bool(re.search(r"rule \d.*\((critical|high|medium|low)\)$", reason)) for reason in because)
    counted = [re.match(r"(\d+) (?:more )?controls? failing", reason) for reason in because]
    return named + sum(int(found[1]) for found in counted if found)


def the_terminal_lists(text: str) -> set[str]:
    """Controls that lead a line of `What fails`."""
    listed = text.partition("What fails")[2].partition("Evidence and remedies")[0]
    return {found[1] for found in re.finditer(r"\((workload/c\d)[,)]", " ".join(listed.split()))}


def lines_of_faults(text: str) -> int:
    """Lines of `What fails` that begin with a severity."""
    listed = text.partition("What fails")[2].partition("Evidence and remedies")[0]
    return len(re.findall(r"^  (?:critical|high|medium|low) ", listed, re.MULTILINE))


@settings(max_examples=examples(120), deadline=None)
@given(FINDINGS, st.sampled_from(["assess", "check"]))
def test_numbers_agree(findings: tuple[Finding, ...], command: str) -> None:
    judged = result(findings, command)
    counts = Counter(finding.outcome for finding in findings)
    fail = counts[Outcome.FAIL]
    terminal, markdown = render_terminal(judged, width=200), render_markdown(judged)
    html, told = render_html(judged).decode(), json.loads(b"".join(json_parts(judged)))

    assert told["counts"] == {outcome.value: counts[outcome] for outcome in Outcome}
    assert number(r"Findings: (\d+) fail", terminal) == number(r"Findings: (\d+) fail", markdown) == fail
    assert number(r'name="outcome" value="fail" checked> fail <span class="count">(\d+)<', html) == fail
    suites = ElementTree.fromstring(b"".join(junit_parts(judged)))
    assert sum(int(suite.get("failures", "0")) for suite in suites.iter("testsuite")) == fail

    controls = number(r"What fails: (\d+) control", terminal)
    assert controls == number(r"## What fails: (\d+) control", markdown)
    assert controls == number(r'What fails <span class="count">(\d+) controls?, \d+ finding', html)
    assert fail == number(r'What fails <span class="count">\d+ controls?, (\d+) finding', html)
    assert controls == len(the_terminal_lists(terminal))
    entries = number(r"What fails: \d+ controls? \((\d+) entries", terminal) or controls
    assert entries == number(r"## What fails: \d+ controls? \((\d+) entries", markdown) or controls
    assert entries == len(re.findall(r"^### ", markdown, re.MULTILINE))
    assert entries == lines_of_faults(terminal)
    assert controls == controls_by_reasons(judged.verdict.because)

    of_demands = {demand["demand"]: demand["fail"] for demand in told["demands"]}
    assert sum(of_demands.values()) == fail, "each of these has one demand"

    if fail:
        refusal = render_refusal("shop", findings, (), width=200, colour=False)
        assert number(r"refused by (\d+) finding", refusal) == fail
        assert number(r"refused by \d+ findings? of (\d+) control", refusal) == controls
