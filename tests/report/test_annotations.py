"""Annotations of GitHub Actions: taken apart as its runner does, nothing breaks out, the worst is not left out."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from sample_project import project
from samples import PRIVILEGED, RESTART, checked, finding

from dockworthy.model.field import Source
from dockworthy.model.finding import Finding, Outcome
from dockworthy.model.levels import Severity
from dockworthy.model.result import Result
from dockworthy.report.annotations import render_github

Command = tuple[str, dict[str, str], str]


def commands(text: str) -> list[Command]:
    """Every line as the runner reads it; fails for one that is no command: it would be output of something else."""
    assert text.endswith("\n")
    return [_command(line) for line in text.removesuffix("\n").split("\n")]


def _command(line: str) -> Command:
    assert line.startswith("::")
    end = line.index("::", 2)
    name, _, properties = line[2:end].partition(" ")
    assert name in ("error", "warning", "notice")
    pairs = dict(pair.split("=", 1) for pair in properties.split(",") if pair)
    unescaped = {key: _unescaped(value, property_=True) for key, value in pairs.items()}
    return name, unescaped, _unescaped(line[end + 2 :], property_=False)


def _unescaped(text: str, *, property_: bool) -> str:
    for escaped, char in (("%0D", "\r"), ("%0A", "\n"), *((("%3A", ":"), ("%2C", ",")) if property_ else ())):
        text = text.replace(escaped, char)
    return text.replace("%25", "%")


def with_findings(*findings: Finding) -> Result:
    return msgspec.structs.replace(checked(), findings=findings, unread=())


def failing(name: str, line: int, severity: Severity = Severity.HIGH, control: str = "a/b") -> Finding:
    of = {**PRIVILEGED, "severity": severity, "control": control}
    return finding(of, f"a.yaml#{name}", Outcome.FAIL, "so it is", Source("a.yaml", "", line, column=5), kind="pod")


def test_a_failure_stands_at_its_line() -> None:
    summary, unread, first, *_ = commands(render_github(project()))
    assert summary[0] == "notice" and summary[2].startswith("Not yet, at level production: web is privileged")
    assert unread[1]["file"] == "deploy/pod.yaml" and unread[1]["line"] == "3"
    assert first[1] == {"file": "compose.yaml", "line": "4", "col": "17", "title": "web is privileged"}
    assert first[2].startswith("web: privileged: true. Drop `privileged`;")


def test_only_what_fails_is_annotated() -> None:
    one = finding(RESTART, "a.yaml#web", Outcome.UNKNOWN, "unseen", Source("a.yaml", "", 3))
    assert len(commands(render_github(with_findings(one)))) == 1


def test_severities_have_their_kinds_and_the_worst_comes_first() -> None:
    findings = [failing("web", line, severity) for line, severity in enumerate(reversed(Severity), start=1)]
    kinds = [kind for kind, _, _ in commands(render_github(with_findings(*findings)))]
    assert kinds == ["notice", "error", "error", "warning", "notice"]


def test_of_one_severity_each_control_has_its_turn() -> None:
    many = [failing(f"web-{number}", number, control="a/many") for number in range(1, 20)]
    text = render_github(with_findings(*many, failing("db", 50, control="a/rare")))
    lines = [properties["line"] for _, properties, _ in commands(text)[1:3]]
    assert lines == ["1", "50"]


def test_one_line_is_annotated_once_for_all_that_it_has() -> None:
    findings = [failing("web", 3, control=f"a/{number}") for number in range(4)]
    (_, (kind, properties, message)) = commands(render_github(with_findings(*findings)))
    assert (kind, properties["title"]) == ("error", "web: 4 findings")
    assert "col" not in properties
    assert message.count("\n") == 3


def test_what_github_would_leave_out_is_counted() -> None:
    (_, _, said), *_ = commands(render_github(with_findings(*(failing("web", line) for line in range(1, 13)))))
    assert "GitHub shows 10 of 12 errors" in said
    (_, _, said), *_ = commands(render_github(with_findings(*(failing("web", line) for line in range(1, 11)))))
    assert "GitHub shows" not in said


def test_a_finding_without_a_line_stands_at_its_file() -> None:
    bare = msgspec.structs.replace(failing("web", 1), evidence=(), subject="deploy/web.yaml#pod")
    (_, (_, properties, message)) = commands(render_github(with_findings(bare)))
    assert properties["file"] == "deploy/web.yaml" and "line" not in properties
    assert "no fact was recorded" in message


@given(st.text(), st.text())
def test_nothing_breaks_out(name: str, says: str) -> None:
    one = finding(
        {**PRIVILEGED, "title": says}, f"{name}#{name}", Outcome.FAIL, says, Source(name, "", 7), kind="service"
    )
    result = msgspec.structs.replace(with_findings(one), unread=((name, says),), notes=(says,))
    found = commands(render_github(result))
    assert len(found) == 3
    assert all(set(properties) <= {"file", "line", "col", "title"} for _, properties, _ in found)
    assert all(part.isprintable() for _, _, message in found for part in message.split("\n"))
