"""The page: template, style and script in one, with a policy that lets it load nothing at all."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from functools import cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from ...model.demands import DEMANDS
from ...model.result import Result
from ..as_json import TOOL
from ..demands import spoken_of
from ..spans import spans
from ..visible import visible, without_odd_bytes
from ..words import HEADINGS, OUTCOMES, QUESTIONS, VERDICTS
from .data import SEVERITIES, page_data
from .rows import remedy_in_a_line
from .view import demand_view, readable_time, sections_of


def render_html(result: Result, *, made: str = "") -> bytes:
    """One HTML page in UTF-8. `made` is when, as RFC 3339; a result knows only what was read when."""
    sections = sections_of(result)
    style, script = _part("page.css"), _part("rows.js") + _part("filter.js")
    page = _template().render(
        result=result,
        question=QUESTIONS.get(result.command, "Fit for production?"),
        verdict=VERDICTS[result.verdict.answer],
        sections=sections,
        demands=[demand_view(demand) for demand in spoken_of(result.demands)],
        counts=Counter(finding.outcome for finding in result.findings),
        severities=SEVERITIES,
        outcomes=OUTCOMES,
        headings=HEADINGS,
        demands_found=_demands_found(result),
        kinds=Counter(visible(finding.kind) for finding in result.findings),
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


def _demands_found(result: Result) -> list[tuple[str, str]]:
    found = {finding.demand for finding in result.findings}
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
