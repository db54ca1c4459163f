"""Lines of a text as they may be shown, where a finding points to every one of them."""

from __future__ import annotations

from collections.abc import Iterable

from dockworthy.facts.quoting import quoted_lines
from dockworthy.model.field import Source
from dockworthy.model.finding import Evidence, Finding, Outcome
from dockworthy.model.levels import Level, Severity

CANARY = "c4nary"


def citing(
    file: str,
    line: int,
    outcome: Outcome = Outcome.FAIL,
    control: str = "workload/privileged",
    *,
    kind: str = "service",
    column: int | None = None,
) -> Finding:
    return Finding(
        control=control,
        title="",
        subject=f"{file}#web",
        kind=kind,
        outcome=outcome,
        severity=Severity.HIGH,
        level=Level.BASELINE,
        demand="1.privileges",
        evidence=(Evidence("so it is", Source(file, "services.web", line, column=column)),),
    )


def quoted(text: str, *, file: str = "compose.yaml", secrets: Iterable[str] = (), control: str = "a/b") -> list[str]:
    """Every line of the text, as it may be shown; `""` for those that may not."""
    number = text.count("\n") + 1
    findings = [citing(file, line, control=control) for line in range(1, number + 1)]
    lines = quoted_lines(findings, {file: text}.get, secrets).get(file, {})
    return [lines.get(line, "") for line in range(1, number + 1)]
