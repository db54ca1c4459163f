"""The findings as compact JSON for the page's script: every string once, rows as numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from ...model.levels import Severity
from ..visible import visible
from .rows import Row
from .view import GroupView, Section

SEVERITIES = list(Severity)


def page_data(sections: Iterable[Section]) -> str:
    """JSON that is safe inside a script element: there is no `<` in it.

    `strings`, and `groups` in the order of their numbers; a row is
    [name, subject, kind, severity, check, note, host, fact, place, fact, place, …], severity 0 being critical.
    """
    strings: dict[str, int] = {}
    groups = [_group(section.outcome.value, group, strings) for section in sections for group in section.groups]
    encoded = msgspec.json.encode({"strings": list(strings), "groups": groups}).decode()
    return encoded.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _group(outcome: str, group: GroupView, strings: dict[str, int]) -> dict[str, Any]:
    first = group.first
    about = f"{visible(group.says)} {first.title} {first.control} {first.demand} {group.demand}"
    rows = [_row(row, strings) for row in group.rows]
    return {"outcome": outcome, "control": first.control, "demands": list(first.demands), "about": about, "rows": rows}


def _row(row: Row, strings: dict[str, int]) -> list[int]:
    facts = [text for fact in row.facts for text in fact]
    texts = [row.name, row.subject, row.kind, row.check, row.note, row.host, *facts]
    name, subject, kind, *others = [strings.setdefault(text, len(strings)) for text in texts]
    return [name, subject, kind, SEVERITIES.index(row.severity), *others]
