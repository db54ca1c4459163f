"""Markdown: all that a reader needs is there, and no name breaks out of its place."""

from __future__ import annotations

import html
import re

import msgspec
import pytest
from golden_files import assert_golden
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from samples import PRIVILEGED, assessed, checked, finding, privileged, undecided

from dockworthy.model.field import Source
from dockworthy.model.finding import AcceptedRisk, Finding, Outcome, Remedy
from dockworthy.model.result import Result, Verdict
from dockworthy.report.as_markdown import render_markdown
from dockworthy.report.markdown import code, plain, prose
from dockworthy.report.visible import without_commands

GITHUB = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
"""Shows HTML that gets through, as most readers do."""

EVIL = [
    "<script>alert(1)</script>",
    "a|b",
    "a`b``c",
    "[x](javascript:alert(1))",
    "![x](http://example.com/x.png)",
    "*_~~x~~_*",
    "line\nnext\r\n# heading",
    "</details><!-- ",
    "&lt;b&gt;",
    "\\`x\\`",
    "$x$",
    "\u202eflip",
    "`",
    "- - -",
    "1. one",
]


def text_of(markdown: str) -> str:
    """What a reader sees, tags left out; fails where anything but our own tags is there."""
    rendered = GITHUB.render(markdown)
    tags = set(re.findall(r"</?\s*([a-z0-9]+)", re.sub(r"<!--.*?-->", "", rendered, flags=re.S), flags=re.I))
    assert tags <= {
        "p",
        "code",
        "pre",
        "ul",
        "li",
        "h1",
        "h2",
        "h3",
        "strong",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    }
    return html.unescape(re.sub(r"<[^>]+>", "", rendered))


def with_findings(*findings: Finding) -> Result:
    return msgspec.structs.replace(assessed(1), findings=findings)


@pytest.mark.parametrize("name", ["assessed", "checked", "undecided"])
def test_as_a_person_has_seen_it(name: str) -> None:
    result = {"assessed": assessed(20), "checked": checked(), "undecided": undecided()}[name]
    assert_golden(f"{name}.md", render_markdown(result))


def test_verdict_what_matters_and_date_come_first_and_demands_after_what_fails() -> None:
    text = render_markdown(assessed(3))
    wanted = [
        "# Should we",
        "**Not yet",
        "- **critical** 3 containers are privileged: web-1, web-2, web-3. Remedy: Drop `privileged`",
        "Holds until 2026-12-01",
        "## What fails",
        "## Demands",
    ]
    places = [text.index(part) for part in wanted]
    assert places == sorted(places)


def test_for_which_use_it_is_the_answer_and_what_would_turn_it() -> None:
    verdict = Verdict(
        assessed(1).verdict.answer,
        intent="precious data on the internet",
        yes_for=("rebuildable data",),
        changes=("without untrusted code: yes",),
        valid_until="2026-12-01",
        valid_because="the engine's end of life",
    )
    text = render_markdown(msgspec.structs.replace(assessed(1), verdict=verdict, notes=("an exception expired",)))
    assert "For precious data on the internet (assumed where nobody stated it: `dockworthy intent`)." in text
    assert "Holds until 2026-12-01: the engine's end of life." in text
    for item in ("rebuildable data", "without untrusted code: yes", "an exception expired"):
        assert f"- {item}" in text


def test_evidence_check_remedy_and_costs() -> None:
    text = render_markdown(with_findings(privileged("web")))
    assert "- `web`: privileged: true (`GET /containers/web/json HostConfig.Privileged`)" in text
    assert "```sh\ndocker inspect -f '{{.HostConfig.Privileged}}' web\n```" in text
    assert "**Remedy:** Drop `privileged`; add back" in text
    assert "Costs: recreates the container" in text


def test_of_many_findings_the_first_are_shown_and_all_with_verbose() -> None:
    many = with_findings(*(privileged(f"c{n}") for n in range(40)))
    assert "- and 30 more" in render_markdown(many)
    assert render_markdown(many, verbose=True).count("privileged: true") == 40


def test_verbose_shows_what_passes() -> None:
    assert "## Passes" not in render_markdown(assessed(1))
    verbose = render_markdown(assessed(1), verbose=True)
    assert "## Passes" in verbose and "restart: unless-stopped" in verbose
    assert "## Does not apply" in verbose


@pytest.mark.parametrize("evil", EVIL)
def test_no_name_breaks_out(evil: str) -> None:
    findings = [
        finding(PRIVILEGED, f"container/{evil}", outcome, f"says {evil}", Source(evil, evil), tell=evil,
                check_yourself=f"inspect {evil}", remedy=Remedy(evil, evil, evil),
                exception=AcceptedRisk(evil, evil, evil) if outcome is Outcome.EXCEPTED else None)
        for outcome in Outcome
    ]  # fmt: skip
    result = msgspec.structs.replace(
        checked(), findings=tuple(findings), unread=((evil, evil),), read=(evil,), notes=(evil,),
        verdict=Verdict(checked().verdict.answer, (evil,), intent=evil, changes=(evil,)),
    )  # fmt: skip
    markdown = render_markdown(result, verbose=True)
    assert text_of(markdown).count("Accepted risks") == 1
    assert GITHUB.render(markdown).count("<td>") == 5  # one row, of five cells


@given(st.text(alphabet=st.sampled_from("`*_[]()<>|\\~&#$!-+=.1a \n@"), max_size=30))
def test_plain_text_and_code_mean_themselves(text: str) -> None:
    seen = without_commands(text.replace("\n", "\\n"))
    shown = text_of(f"x {plain(text)} x").strip().removeprefix("x").removesuffix("x")
    assert shown.split() == seen.split()
    inside = text_of(f"x {code(text)} x").strip().removeprefix("x").removesuffix("x")
    assert inside.split() == seen.split()
    text_of(f"- {prose(text).strip()}")


def test_nobody_is_mentioned_and_addresses_stay() -> None:
    assert plain("ask @org/team or ops@example.com") == "ask @<!-- -->org/team or ops@example.com"
