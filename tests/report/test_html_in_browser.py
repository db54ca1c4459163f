"""The page in a real browser: filtering, keyboard, names that are scripts, and many findings."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from in_browser import IN_BROWSER, Opened, shows
from playwright.sync_api import Browser, Page, expect
from samples import LOG_ROTATION, assessed, finding, privileged

from dockworthy.model.field import Source
from dockworthy.model.finding import Outcome
from dockworthy.model.fleet import FleetResult, HostResult
from dockworthy.model.levels import Level
from dockworthy.report.html import render_html

pytestmark = IN_BROWSER

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"


def groups(page: Page) -> list[str]:
    return [re.sub(r"\s+", " ", text) for text in page.locator(".group > summary:visible").all_inner_texts()]


def test_what_passes_is_not_shown_at_first(opened: Any) -> None:
    page = opened(assessed(30))
    shows(page, "41 of 43 findings, in 5 controls")
    page.check("text=pass 1")
    shows(page, "42 of 43 findings, in 5 controls")
    expect(page.locator("section.outcome[data-outcome=pass]")).to_be_visible()


def test_filter_by_each_thing(opened: Any) -> None:
    page = opened(assessed(30))
    page.select_option("#demand", "3.logs")
    assert groups(page) == [
        "medium 1 container fills the disk with logs db 1",
        "medium Container logs are rotated, so that they can't fill the disk new 1",
    ]
    page.click("#clear")
    for severity in ("critical", "medium", "low"):
        page.get_by_label(severity, exact=True).uncheck()
    assert groups(page)[0].startswith("high 6 files of the engine can be changed by others /etc/docker/file-0")
    shows(page, "6 of 43 findings, in 1 control")
    page.click("#clear")
    page.select_option("#kind", "host")
    shows(page, "8 of 43 findings, in 2 controls")
    page.click("#clear")
    page.fill("#subject", "container/WEB-7")
    assert groups(page) == ["critical 30 containers are privileged 1"]
    assert page.inner_text("details.group[open] .check code").endswith("web-7")
    page.click("#clear")
    page.fill("#text", "audit dockerd")
    shows(page, "1 of 43 findings, in 1 control")
    page.fill("#text", "no such thing")
    shows(page, "0 of 43 findings, in 0 controls")
    assert groups(page) == []


def test_the_headings_count_what_matches(opened: Any) -> None:
    page = opened(assessed(30))
    assert page.inner_text("h3#fail") == "What fails 3 controls, 37 findings"
    page.fill("#text", "file-")
    assert page.inner_text("h3#fail") == "What fails 1 control, 6 findings"


def test_a_demand_leads_to_its_findings_and_the_address_keeps_the_filter(opened: Any) -> None:
    page = opened(assessed(5))
    page.click("text=Container logs are rotated, gathered and kept")
    expect(page.locator("#findings")).to_be_focused()
    expect(page.locator("#demand")).to_have_value("3.logs")
    page.get_by_label("critical", exact=True).uncheck()
    before = page.inner_text("#matches")
    page.reload()
    expect(page.locator("#demand")).to_have_value("3.logs")
    assert not page.get_by_label("critical", exact=True).is_checked()
    shows(page, before)


def test_a_fleet_is_filtered_by_host(opened: Any) -> None:
    hosts = tuple(HostResult(f"shop-{n}", assessed(n)) for n in (1, 2, 3))
    page = opened(FleetResult(level=Level.PRODUCTION, verdict=assessed(1).verdict, hosts=hosts))
    assert page.locator("tbody tr:visible td.host").all_inner_texts() == [
        "shop-1", "shop-2", "shop-2", "shop-3", "shop-3", "shop-3"
    ]  # fmt: skip
    page.select_option("#host", "shop-2")
    assert page.locator("tbody tr:visible td.host").all_inner_texts() == ["shop-2", "shop-2"]
    page.click("#clear")
    page.click(".demands >> text=shop-3")
    expect(page.locator("#host")).to_have_value("shop-3")
    assert page.locator("tbody tr:visible td.host").all_inner_texts() == ["shop-3"] * 3


def test_by_keyboard_alone(opened: Any) -> None:
    page = opened(assessed(5))
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#findings")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#text")).to_be_focused()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.type("file-3")
    shows(page, re.compile("^1 of "))
    page.focus("#close")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.keyboard.press("Enter")
    expect(page.locator("tbody th:visible", has_text="file-3")).to_be_visible()


def test_a_late_word_of_the_address_takes_nobodys_focus(opened: Any) -> None:
    page = opened(assessed(5))
    page.focus("#text")
    page.keyboard.type("f")
    page.evaluate("dispatchEvent(new HashChangeEvent('hashchange'))")
    expect(page.locator("#text")).to_be_focused()


def test_rows_come_in_slices_and_the_reader_stays_where_he_was(opened: Any) -> None:
    page = opened(assessed(30))
    rows = page.locator("details.group[data-group='0'] .rows tbody tr")
    assert rows.count() == 10
    page.click("text=Show 20 more")
    assert rows.count() == 30
    assert page.evaluate("document.activeElement.querySelector('th').textContent") == "web-11"
    expect(page.locator("details.group[data-group='0'] .more")).to_be_hidden()


def test_open_and_close_all(opened: Any) -> None:
    page = opened(assessed(3))
    page.click("#open")
    assert page.locator("details.group:not([open]):visible").count() == 0
    page.click("#close")
    assert page.locator("details.group[open]").count() == 0


def test_a_name_that_is_a_script_is_a_name(opened: Any) -> None:
    evil = msgspec.structs.replace(privileged(EVIL), check_yourself=f"docker inspect '{EVIL}'")
    page = opened(msgspec.structs.replace(assessed(1), findings=(evil,) * 15, read=(EVIL,), notes=(EVIL,)))
    page.click("text=Show 5 more")
    page.fill("#subject", EVIL)
    shows(page, "15 of 15 findings, in 1 control")
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 2
    assert EVIL in page.inner_text(".check code")


def test_what_is_smuggled_in_may_not_run_or_load(browser: Browser, tmp_path: Path) -> None:
    """The page's own policy stops what would get past the escaping."""
    file = tmp_path / "page.html"
    file.write_bytes(render_html(assessed(1)))
    context = browser.new_context()
    page = Opened(context, file).page
    blocked = page.evaluate(
        """() => new Promise((done) => {
            const blocked = [];
            addEventListener("securitypolicyviolation", (event) => {
                blocked.push(event.effectiveDirective);
                if (blocked.length === 2) done(blocked.sort());
            });
            const script = document.createElement("script");
            script.textContent = "window.smuggled = true";
            const image = new Image();
            image.src = "http://127.0.0.1:9/x.png";
            document.body.append(script, image);
        })"""
    )
    assert blocked == ["img-src", "script-src-elem"]
    assert page.evaluate("window.smuggled") is None
    context.close()


def test_ten_thousand_findings(opened: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """How long it takes is printed, not asserted: other tests run beside."""
    controls = [dict(LOG_ROTATION, control=f"workload/control-{n}", title=f"Control number {n}") for n in range(50)]
    findings = tuple(
        finding(
            controls[n % 50],
            f"container/shop-{n // 50}",
            Outcome.FAIL,
            f"fact {n}",
            Source(f"GET /x/{n}", "HostConfig.X"),
        )
        for n in range(10_000)
    )
    page = opened(msgspec.structs.replace(assessed(1), findings=findings))
    shows(page, "10,000 of 10,000 findings, in 50 controls")
    page.click("#open")
    took = page.evaluate(
        """() => new Promise((done) => {
            const field = document.getElementById("text"), began = performance.now();
            field.value = "shop-7 control";
            field.dispatchEvent(new Event("input"));
            requestAnimationFrame(() => setTimeout(() => done(Math.round(performance.now() - began))));
        })"""
    )
    shows(page, "550 of 10,000 findings, in 50 controls")
    paint = page.evaluate("Math.round(performance.getEntriesByType('paint')[0].startTime)")
    with capsys.disabled():
        print(f"\n10,000 findings: first paint after {paint} ms, filtered in {took} ms")
