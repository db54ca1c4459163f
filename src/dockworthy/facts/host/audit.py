"""Audit rules as they are written for auditd."""

from __future__ import annotations

from ...model.field import Field, Source, Unset
from .reading import written
from .root import Root

_FOLDER = "/etc/audit"


def read_audit_rules(root: Root) -> Field[tuple[str, ...]]:
    """Rules in the syntax of auditctl, each once: audit.rules (what is loaded), then rules.d (what it is made from)."""
    present = root.names_or_none(_FOLDER) or any(root.exists(f"{folder}/auditctl") for folder in ("/usr/sbin", "/sbin"))
    if not present and not root.exists(_FOLDER):
        return Unset(Source(_FOLDER))
    rules: list[str] = []
    names = root.names(_FOLDER)
    if "audit.rules" in names:
        rules += _rules(root.read(f"{_FOLDER}/audit.rules"))
    if "rules.d" in names:
        for name in root.names(f"{_FOLDER}/rules.d"):
            if name.endswith(".rules"):
                rules += _rules(root.read(f"{_FOLDER}/rules.d/{name}"))
    return written(tuple(dict.fromkeys(rules)), f"{_FOLDER}/audit.rules")


def _rules(text: str) -> list[str]:
    lines = (" ".join(line.split()) for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]
