"""What the controls on secrets in files have in common: they name the line and the kind, never the value."""

from __future__ import annotations

from ...model.finding import Evidence, Judgement, Outcome, passed
from ...model.levels import Severity
from ...model.text_file import SecretKind, TextFile


def judge_kinds(file: TextFile, *kinds: SecretKind, good: str, severity: Severity | None = None) -> Judgement:
    """Fails for each secret of these kinds, with its line."""
    found = [secret for secret in file.secrets if secret.kind in kinds]
    if not found:
        return passed(good, file.source)
    says = tuple(Evidence(f"{secret.says} stands in this file", secret.source) for secret in found)
    return Judgement(Outcome.FAIL, says, severity=severity)
