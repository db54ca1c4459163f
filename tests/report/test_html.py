"""The page as it is written: complete without a script, loading nothing, and no name breaks out of its place."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from html.parser import HTMLParser
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import PRIVILEGED, assessed, checked, finding, privileged, undecided

from dockworthy.model.field import Source
from dockworthy.model.finding import AcceptedRisk, Finding, Outcome, Remedy
from dockworthy.model.fleet import FleetResult, HostResult
from dockworthy.model.levels import Level, Severity
from dockworthy.model.requirement import Need
from dockworthy.model.result import Answer, DemandAnswer, Result, Verdict
from dockworthy.report.html import render_fleet_html, render_html

RESULTS = {"assessed": assessed(20), "checked": checked(), "undecided": undecided()}

EVIL = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    '" onmouseover="alert(1)',
    "' autofocus onfocus='alert(1)",
    "</style><img src=x onerror=alert(1)>",
    "{{ 7*7 }}{% include 'x' %}",
    "&lt;b&gt;",
    "\u202eflip\u2028\u0000\x1b[31m",
    "\udcff\ud800",
    "`code` and `more",
]


class Page(HTMLParser):
    """The page as its elements, with what each script holds."""

    def __init__(self, page: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inline: dict[str, list[str]] = {"script": [], "style": []}
        self.text: list[str] = []
        self._open = ""
        self.feed(page.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open = tag if tag in self.inline else ""

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        (self.inline[self._open] if self._open else self.text).append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def data(self) -> dict[str, Any]:
        values: dict[str, Any] = json.loads(self.inline["script"][0])
        return values


def page_of(result: Result) -> Page:
    return Page(render_html(result, made="2026-11-24T12:40:00Z"))


def words(page: Page) -> str:
    return " ".join(" ".join(page.text).split())


def with_findings(*findings: Finding) -> Result:
    return msgspec.structs.replace(assessed(1), findings=findings)


@pytest.mark.parametrize("name", RESULTS)
def test_every_finding_is_in_the_data_with_its_fact(name: str) -> None:
    result = RESULTS[name]
    data = page_of(result).data
    strings = data["strings"]
    rows = [row for group in data["groups"] for row in group["rows"]]
    assert len(rows) == len(result.findings)
    assert sorted((strings[row[1]], strings[row[7]]) for row in rows) == sorted(
        (finding.subject, finding.evidence[0].says) for finding in result.findings
    )


@pytest.mark.parametrize("name", RESULTS)
def test_groups_of_the_page_and_of_the_data_are_the_same(name: str) -> None:
    page = page_of(RESULTS[name])
    numbers = [a["data-group"] for a in page.of("details") if "data-group" in a]
    assert numbers == [str(number) for number in range(len(page.data["groups"]))]


def test_nothing_is_loaded_and_only_its_own_script_may_run() -> None:
    page = page_of(assessed(3))
    assert not [a for _, a in page.elements if a.keys() & {"src", "srcset", "action", "style"}]
    assert all((a.get("href") or "#").startswith("#") for _, a in page.elements)
    assert {tag for tag, _ in page.elements} & {"link", "img", "iframe", "object", "base", "form"} == set()
    (policy,) = [a["content"] for a in page.of("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None and policy.startswith("default-src 'none';")
    for name, text in (("script", page.inline["script"][1]), ("style", page.inline["style"][0])):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy


def test_no_address_of_the_network_is_in_it() -> None:
    assert not re.search(rb"https?://|url\(|@import", render_html(assessed(3)))


def test_verdict_reasons_and_dates_come_before_the_demands_and_these_before_the_findings() -> None:
    text = words(page_of(assessed(3)))
    wanted = [
        "Should we run Docker in production, here? Not yet",
        "Holds until 1 December 2026, 00:00 UTC",
        "What matters most critical 3 containers are privileged web-1, web-2, web-3 Drop privileged",
        "Why 3 containers are root on this host",
        "level production, 24 November 2026, 12:40 UTC , by dockworthy",
        "Demands",
        "not yet Privileges of each container are known and limited 3 – –",
        "Findings",
        "What fails 3 controls, 10 findings",
        "critical 3 containers are privileged web-1, web-2, web-3 3 workload/privileged",
    ]
    places = [text.index(part) for part in wanted]
    assert places == sorted(places)


def test_what_the_intent_says() -> None:
    verdict = Verdict(
        assessed(1).verdict.answer,
        valid_until="2026-12-01T00:00:00+01:00",
        valid_because="the engine's end of life",
        intent="precious data on the internet",
        yes_for=("rebuildable data",),
        changes=("without untrusted code: yes",),
    )
    demand = DemandAnswer("1.backup", verdict.answer, 1, 0, 0, Need.ADVISED, "the data is precious")
    result = msgspec.structs.replace(assessed(1), verdict=verdict, notes=("an exception expired",), demands=(demand,))
    text = words(page_of(result))
    for part in (
        "For precious data on the internet (assumed: no intent was stated)",
        "Holds until 30 November 2026, 23:00 UTC : the engine's end of life",
        "What would change the answer without untrusted code: yes",
        "It would be yes for rebuildable data",
        "Good to know an exception expired",
        "advised: the data is precious",
    ):
        assert part in text


def test_without_a_script_the_groups_say_what_to_do() -> None:
    text = words(page_of(assessed(20)))
    assert "Remedy Drop privileged ; add back the one capability" in text
    assert "docker inspect -f '{{.HostConfig.Privileged}}' web-1" in text
    assert "web-10 privileged: true GET /containers/web-10/json HostConfig.Privileged and 10 more" in text
    assert "web-11" not in text
    assert "What would tell: root, or read access to /etc/audit" in text
    assert "Accepted (ops@example.com, until 2027-03-01): is replaced in spring" in text


def test_a_remedy_of_its_own_stands_with_the_finding() -> None:
    mild = msgspec.structs.replace(privileged("b"), remedy=Remedy("Do it so.", "", "docker ps"))
    text = words(page_of(with_findings(privileged("a"), mild)))
    assert "b privileged: true Remedy: Do it so. docker ps" in text


def test_what_is_less_severe_is_a_group_of_its_own() -> None:
    mild = msgspec.structs.replace(privileged("b"), severity=Severity.LOW)
    text = words(page_of(with_findings(privileged("a"), mild)))
    assert "critical 1 container is privileged a" in text and "low 1 container is privileged b" in text


def test_unread_inputs_are_told() -> None:
    assert "Could not be read, and is not part of the verdict deploy/broken.yaml:3: this is" in words(
        page_of(checked())
    )


def test_structure_for_those_who_hear_it() -> None:
    page = page_of(assessed(3))
    assert [tag for tag, _ in page.elements if re.fullmatch("h1", tag)] == ["h1"]
    assert [len(page.of(tag)) for tag in ("main", "header")] == [1, 1]
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    for section in page.of("section"):
        assert section["aria-labelledby"] in ids
    labelled = {a["for"] for a in page.of("label") if "for" in a}
    fields = [a for tag, a in page.elements if tag in ("input", "select") and a.get("type") != "checkbox"]
    assert {a["id"] for a in fields} == labelled
    assert all(a.get("scope") in ("col", "row") for a in page.of("th"))
    (status,) = [a for _, a in page.elements if a.get("role") == "status"]
    assert status["aria-live"] == "polite"
    (skip, *_) = page.of("a")
    assert skip == {"class": "skip", "href": "#findings"}
    assert all(a.get("type") == "button" for a in page.of("button"))
    (html_element,) = page.of("html")
    assert html_element["lang"] == "en"


@pytest.mark.parametrize("evil", EVIL)
def test_no_name_breaks_out(evil: str) -> None:
    findings = tuple(
        finding(PRIVILEGED, f"container/{evil}", outcome, evil, Source(evil, evil), kind=evil, tell=evil,
                check_yourself=evil, remedy=Remedy(evil, evil, evil),
                exception=AcceptedRisk(evil, evil, evil) if outcome is Outcome.EXCEPTED else None)
        for outcome in Outcome
    )  # fmt: skip
    result = msgspec.structs.replace(
        assessed(1), findings=findings, unread=((evil, evil),), read=(evil,), notes=(evil,),
        verdict=Verdict(assessed(1).verdict.answer, (evil,), evil, evil, evil, False, (evil,), (evil,)),
    )  # fmt: skip
    page = page_of(result)
    harmless = page_of(msgspec.structs.replace(result, findings=tuple(_renamed(f) for f in findings)))
    assert _shape(page) == _shape(harmless)
    assert len(page.inline["script"]) == 2
    assert not [name for _, a in page.elements for name in a if name.startswith("on") or name == "autofocus"]
    shown = " ".join(page.text)
    assert not set(shown) & set("\u202e\u2028\u0000\x1b\udcff")


def _renamed(one: Finding) -> Finding:
    return msgspec.structs.replace(one, subject="container/web", kind="container")


def _shape(page: Page) -> list[str]:
    return [tag for tag, _ in page.elements if tag not in ("code", "pre")]


@given(st.text(max_size=40))
def test_any_name_is_shown_as_itself(name: str) -> None:
    page = page_of(with_findings(privileged(name)))
    assert len(page.inline["script"]) == 2
    subjects = {page.data["strings"][row[1]] for group in page.data["groups"] for row in group["rows"]}
    (subject,) = subjects
    assert subject.isprintable()
    if name.isprintable():
        assert subject == f"container/{name}"


def fleet() -> FleetResult:
    calm = msgspec.structs.replace(
        assessed(0), verdict=Verdict(Answer.YES, ("all passes",)), findings=(), notes=("old",)
    )
    return FleetResult(
        level=Level.PRODUCTION,
        verdict=Verdict(Answer.NOT_YET, ("shop-1 is not fit",)),
        hosts=(
            HostResult("shop-1", assessed(3)),
            HostResult("shop-2", assessed(2)),
            HostResult("<b>calm", calm),
            HostResult("gone", None, "no route to host", "is it on?"),
        ),
    )


def test_a_fleet_has_a_table_of_its_hosts_and_their_findings_together() -> None:
    page = Page(render_fleet_html(fleet()))
    text = words(page)
    for part in (
        "Should we run Docker in production, on all of these hosts? Not yet",
        "Hosts Answer Host Fail Unknown",
        "not yet shop-1 3 containers are root on this host · holds until 1 December 2026, 00:00 UTC 10 2",
        "yes <b>calm all passes",
        "not read gone no route to host; is it on? – –",
        "Good to know <b>calm: old",
        "not yet Privileges of each container are known and limited 5 – –",
        "Host On Fact Where it stands shop-1 web-1 privileged: true",
        "What fails 3 controls, 19 findings",
    ):
        assert part in text
    rows = [row for group in page.data["groups"] for row in group["rows"]]
    assert {page.data["strings"][row[6]] for row in rows} == {"shop-1", "shop-2"}
    assert len(rows) == len(assessed(3).findings) + len(assessed(2).findings)


def test_one_machine_has_no_column_of_hosts() -> None:
    page = page_of(assessed(1))
    assert "host" not in {a.get("id") for _, a in page.elements}
    assert "Host On Fact" not in words(page)


def test_no_finding_at_all() -> None:
    result = msgspec.structs.replace(assessed(1), findings=(), demands=(), verdict=Verdict(assessed(1).verdict.answer))
    assert "Why No finding at all." in words(page_of(result))


def test_the_page_is_small_for_ten_thousand_findings() -> None:
    many = with_findings(*(privileged(f"service-{n}") for n in range(10_000)))
    page = render_html(many)
    assert len(page) < 3_000_000
    assert html.unescape(page.decode()).count("<tr>") < 40
