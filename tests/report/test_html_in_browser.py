"""The page in a real browser: filtering, keyboard, paper, narrow and dark, and nothing asked of the network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from samples import LOG_ROTATION, assessed, finding, privileged

from dockworthy.model.field import Source
from dockworthy.model.finding import Outcome
from dockworthy.model.fleet import FleetResult, HostResult
from dockworthy.model.levels import Level
from dockworthy.model.result import Result
from dockworthy.report.html import render_fleet_html, render_html

CHROMIUM = Path("/usr/bin/chromium")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"Chromium is not at {CHROMIUM}"),
]

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


class Opened:
    """A page that is open, with all that it asked for and complained of."""

    def __init__(self, context: BrowserContext, file: Path) -> None:
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.complaints.append(dialog.message), dialog.dismiss())[1])
        self.page.goto(file.as_uri())


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Any]:
    contexts: list[BrowserContext] = []
    pages: list[Opened] = []

    def open_(result: Result | FleetResult, **settings: Any) -> Page:
        file = tmp_path / "page.html"
        file.write_bytes(render_html(result) if isinstance(result, Result) else render_fleet_html(result))
        contexts.append(browser.new_context(**settings))
        pages.append(Opened(contexts[-1], file))
        return pages[-1].page

    yield open_
    for page in pages:
        assert all(url.startswith("file://") for url in page.asked), page.asked
        assert page.complaints == []
    for context in contexts:
        context.close()


def matches(page: Page) -> str:
    return page.inner_text("#matches")


def groups(page: Page) -> list[str]:
    return [re.sub(r"\s+", " ", text) for text in page.locator("summary:visible").all_inner_texts()]


def test_what_passes_is_not_shown_at_first(opened: Any) -> None:
    page = opened(assessed(30))
    assert matches(page) == "41 of 43 findings, in 6 controls"
    page.check("text=pass 1")
    assert matches(page) == "42 of 43 findings, in 7 controls"
    expect(page.locator("section.outcome[data-outcome=pass]")).to_be_visible()


def test_filter_by_each_thing(opened: Any) -> None:
    page = opened(assessed(30))
    page.select_option("#demand", "3.logs")
    assert groups(page) == [
        "medium Container logs are rotated, so that they can't fill the disk db 1",
        "medium Container logs are rotated, so that they can't fill the disk new 1",
    ]
    page.click("#clear")
    for severity in ("critical", "medium", "low"):
        page.uncheck(f"text={severity}")
    assert groups(page)[0].startswith("high The engine's files can't be changed by others /etc/docker/file-0")
    assert matches(page) == "6 of 43 findings, in 1 control"
    page.click("#clear")
    page.select_option("#kind", "host")
    assert matches(page) == "8 of 43 findings, in 2 controls"
    page.click("#clear")
    page.fill("#subject", "container/WEB-7")
    assert groups(page) == ["critical Containers are not privileged 1"]
    assert page.inner_text("details.group[open] .check code").endswith("web-7")
    page.click("#clear")
    page.fill("#text", "audit dockerd")
    assert matches(page) == "1 of 43 findings, in 1 control"
    page.fill("#text", "no such thing")
    assert matches(page) == "0 of 43 findings, in 0 controls"
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
    assert page.input_value("#demand") == "3.logs"
    page.uncheck("text=critical")
    before = matches(page)
    page.reload()
    assert page.input_value("#demand") == "3.logs"
    assert not page.is_checked("text=critical")
    assert matches(page) == before


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
    assert page.input_value("#host") == "shop-3"
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
    assert matches(page).startswith("1 of ")
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


def test_a_note_that_begins_with_a_files_name_keeps_it(opened: Any) -> None:
    notes = ("compose.yaml, compose.override.yaml: judged as one project",)
    result = msgspec.structs.replace(assessed(1), notes=notes, unread=(("pod.yaml", "pod.yaml:2: not YAML"),))
    page = opened(result)
    for text in ("compose.yaml, compose", "pod.yaml:2"):
        shown = page.locator(f"li:has-text('{text}')")
        assert shown.evaluate("li => getComputedStyle(li, '::first-letter').textTransform") == "none"
    reason = page.locator(".reasons li").first
    assert reason.evaluate("li => getComputedStyle(li, '::first-letter').textTransform") == "uppercase"


def test_a_name_that_is_a_script_is_a_name(opened: Any) -> None:
    evil = msgspec.structs.replace(privileged(EVIL), check_yourself=f"docker inspect '{EVIL}'")
    page = opened(msgspec.structs.replace(assessed(1), findings=(evil,) * 15, read=(EVIL,), notes=(EVIL,)))
    page.click("text=Show 5 more")
    page.fill("#subject", EVIL)
    assert matches(page) == "15 of 15 findings, in 1 control"
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


def test_on_paper_all_that_matches_stands_open_and_the_controls_are_gone(opened: Any) -> None:
    page = opened(assessed(30))
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("tbody tr:visible th[scope=row]", has_text="web-").count() == 30
    assert page.locator("details.group:visible:not([open])").count() == 0
    for gone in (".filter", ".skip", "button"):
        assert page.locator(f"{gone}:visible").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details.group[open]").count() == 1


def test_without_a_script_everything_that_matters_is_there(opened: Any) -> None:
    page = opened(assessed(30), java_script_enabled=False)
    assert page.locator(".filter:visible").count() == 0
    assert page.locator("summary:visible").count() == 8
    page.click("summary >> text=The engine's files")
    expect(page.locator("text=Take the write permission of others from /etc/docker/file-0.")).to_be_visible()


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_is_wider_than_the_window(opened: Any, width: int) -> None:
    long = finding(LOG_ROTATION, f"container/{'x' * 300}", Outcome.FAIL, "y" * 300, Source("/" + "z" * 300))
    result = assessed(12)
    page = opened(
        msgspec.structs.replace(result, findings=(*result.findings, long)), viewport={"width": width, "height": 800}
    )
    page.click("#open")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_on_its_ground(opened: Any, scheme: str) -> None:
    """WCAG AA: a contrast of 4.5 at least."""
    page = opened(assessed(12), color_scheme=scheme)
    page.check("text=pass 1")
    page.click("#open")
    low = page.evaluate(
        """() => {
            const channel = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
            const light = (colour) => {
                const [r, g, b] = colour.match(/[\\d.]+/g).map(Number);
                return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
            };
            const ground = (element) => {
                for (; element; element = element.parentElement) {
                    const colour = getComputedStyle(element).backgroundColor;
                    if (!colour.endsWith(", 0)")) return colour;
                }
            };
            return [...document.querySelectorAll("body *")].filter((element) => element.checkVisibility() &&
                [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim())).map((element) => {
                    const [a, b] = [light(getComputedStyle(element).color), light(ground(element))];
                    return [element.className || element.tagName, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
                }).filter(([, contrast]) => contrast < 4.5);
        }"""
    )
    assert low == []
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(255, 255, 255)") == (scheme == "light")


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
    assert matches(page) == "10,000 of 10,000 findings, in 50 controls"
    page.click("#open")
    took = page.evaluate(
        """() => new Promise((done) => {
            const field = document.getElementById("text"), began = performance.now();
            field.value = "shop-7 control";
            field.dispatchEvent(new Event("input"));
            requestAnimationFrame(() => setTimeout(() => done(Math.round(performance.now() - began))));
        })"""
    )
    assert matches(page) == "550 of 10,000 findings, in 50 controls"
    paint = page.evaluate("Math.round(performance.getEntriesByType('paint')[0].startTime)")
    with capsys.disabled():
        print(f"\n10,000 findings: first paint after {paint} ms, filtered in {took} ms")
