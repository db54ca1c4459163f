"""The page: template, style and script in one, with a policy that lets it load nothing at all."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from ...model.demands import DEMANDS
from ...model.finding import Finding
from ...model.fleet import FleetResult
from ...model.levels import Severity
from ...model.result import Result
from ..as_json import TOOL
from ..demands import spoken_of
from ..spans import spans
from ..visible import visible, without_odd_bytes
from ..words import OUTCOMES, VERDICTS
from .content import PageContent, of_fleet, of_result
from .view import (
    GroupView,
    Row,
    Section,
    demand_view,
    host_view,
    matters_of,
    readable_time,
    remedy_in_a_line,
    sections_of,
)

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


def render_html(result: Result, *, made: str = "") -> bytes:
    """One HTML page in UTF-8. `made` is when, as RFC 3339; a result knows only what was read when."""
    return _render(of_result(result), made)


def render_fleet_html(fleet: FleetResult, *, made: str = "") -> bytes:
    """The same for several hosts: a table of them, and their findings together, to filter by host."""
    return _render(of_fleet(fleet), made)


def _render(content: PageContent, made: str) -> bytes:
    sections = sections_of(content.findings, content.lines)
    style, script = _part("page.css"), _part("rows.js") + _part("filter.js")
    page = _template().render(
        content=content,
        verdict=VERDICTS[content.verdict.answer],
        matters=matters_of(content.findings),
        sections=sections,
        demands=[demand_view(demand) for demand in spoken_of(content.demands)],
        hosts=[host_view(host) for host in content.hosts],
        counts=Counter(finding.outcome for finding in content.findings),
        severities=SEVERITIES,
        outcomes=OUTCOMES,
        demands_found=_demands_found(content.findings),
        kinds=Counter(visible(finding.kind) for finding in content.findings),
        made=made,
        tool=TOOL,
        style=Markup(style),
        script=Markup(script),
        data=Markup(page_data(sections)),
        policy=f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'",
    )
    text: str = without_odd_bytes(page)
    return text.encode()


def _demands_found(findings: Iterable[Finding]) -> list[tuple[str, str]]:
    found = {demand for finding in findings for demand in finding.demands}
    return [(id, DEMANDS.get(id, "")) for id in sorted(found)]


@cache
def _template() -> Template:
    page = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    page.filters |= {"prose": _prose, "visible": visible, "time": readable_time, "in_a_line": remedy_in_a_line}
    return page.from_string(_part("page.html.j2"))


def _part(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


def _hash(text: str) -> str:
    """How a content security policy names the one inline element that it allows."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _prose(text: str) -> Markup:
    """A sentence of a control: what stands between backticks is code."""
    pieces = (
        (Markup("<code>{}</code>") if span.code else Markup("{}")).format(visible(span.text)) for span in spans(text)
    )
    return Markup("").join(pieces)
