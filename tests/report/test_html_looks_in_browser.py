"""How the page looks in a real browser: on paper, without a script, narrow, light and dark."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from in_browser import IN_BROWSER
from messy_host import messy_result
from playwright.sync_api import expect
from samples import LOG_ROTATION, assessed, finding

from dockworthy.model.field import Source
from dockworthy.model.finding import Outcome

pytestmark = IN_BROWSER


def test_a_note_that_begins_with_a_files_name_keeps_it(opened: Any) -> None:
    notes = ("compose.yaml, compose.override.yaml: judged as one project",)
    result = msgspec.structs.replace(assessed(1), notes=notes, unread=(("pod.yaml", "pod.yaml:2: not YAML"),))
    page = opened(result)
    for text in ("compose.yaml, compose", "pod.yaml:2"):
        shown = page.locator(f"li:has-text('{text}')")
        assert shown.evaluate("li => getComputedStyle(li, '::first-letter').textTransform") == "none"
    reason = page.locator(".reasons li").first
    assert reason.evaluate("li => getComputedStyle(li, '::first-letter').textTransform") == "uppercase"


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
    assert page.locator(".group > summary:visible").count() == 8
    page.click("summary >> text=6 files of the engine")
    expect(page.locator("dd >> text=Take the write permission of others from /etc/docker/file-0.")).to_be_visible()


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


def test_a_dozen_messy_containers_fit_ten_printed_pages(opened: Any) -> None:
    page = opened(messy_result())
    pages = re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True))
    assert 1 < len(pages) <= 10


@pytest.mark.parametrize(("width", "shown"), [(390, 0), (1280, 1)])
def test_demands_are_folded_on_a_phone_and_come_after_what_matters_most(opened: Any, width: int, shown: int) -> None:
    page = opened(messy_result(), viewport={"width": width, "height": 800})
    rows = page.locator("#demands >> xpath=ancestor::section >> tbody tr")
    assert rows.first.is_visible() == bool(shown)
    tops = [page.locator(f"#{id}").bounding_box()["y"] for id in ("matters", "demands", "findings")]
    assert tops == sorted(tops) and tops[0] < 800
    if not shown:
        page.click("#demands")
        assert rows.first.is_visible()
