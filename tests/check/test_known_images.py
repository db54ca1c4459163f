"""At a deploy the images are known: what a file leaves to its image is judged by that, by the same controls."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dockworthy.check import check
from dockworthy.model.finding import Finding, Outcome
from dockworthy.model.levels import Level, Severity
from dockworthy.model.policy import Policy, Rule
from dockworthy.policy.rules import compile_rules
from dockworthy.readers.image import read_one_image
from dockworthy.readers.image_facts import KnownImage

USER, HEALTH, PINNED = "workload/run-as-non-root", "workload/health-check", "workload/pinned-image"
CHECKED = {"Test": ["CMD", "/ok"], "Interval": 1_000_000_000}


def judged(folder: Path, service: str, config: dict[str, Any] | None, reference: str = "shop:1") -> dict[str, Finding]:
    """Control -> its finding on the service; `config`: of the image, None where it is not known."""
    file = folder / "compose.yaml"
    file.write_text(f"services:\n  web: {service}\n")
    rule = Rule("custom/ours", Severity.HIGH, "!workload.image.startsWith('ours/')", "Images are ours")
    known = {} if config is None else {"web": KnownImage(reference, read_one_image({"Id": "sha256:a1", **config}))}
    found = check(
        [str(file)], level=Level.PRODUCTION, rules=compile_rules(Policy(rules=(rule,))), images=known
    ).findings
    return {each.control: each for each in found if each.subject.endswith("#web")}


@pytest.mark.parametrize(
    ("service", "config", "control", "outcome"),
    [
        ("{image: 'shop:1'}", None, USER, Outcome.UNKNOWN),
        ("{image: 'shop:1'}", {"Config": {"User": "1000"}}, USER, Outcome.PASS),
        ("{image: 'shop:1'}", {"Config": {"User": ""}}, USER, Outcome.FAIL),
        ("{image: 'shop:1'}", {"Config": {"User": "app"}}, USER, Outcome.UNKNOWN),
        ("{image: 'shop:1', user: '0'}", {"Config": {"User": "1000"}}, USER, Outcome.FAIL),
        ("{image: 'shop:1', user: '1000'}", {"Config": {}}, USER, Outcome.PASS),
        ("{image: 'shop:1', user: '${NOBODY_SAYS_THIS}'}", {"Config": {"User": "1000"}}, USER, Outcome.UNKNOWN),
        ("{image: 'shop:1'}", None, HEALTH, Outcome.UNKNOWN),
        ("{image: 'shop:1'}", {"Config": {"Healthcheck": CHECKED}}, HEALTH, Outcome.PASS),
        ("{image: 'shop:1', healthcheck: {interval: 5s}}", {"Config": {"Healthcheck": CHECKED}}, HEALTH, Outcome.PASS),
        ("{image: 'shop:1', healthcheck: {disable: true}}", {"Config": {"Healthcheck": CHECKED}}, HEALTH, Outcome.FAIL),
        ("{image: 'shop:1'}", {"Config": {"Healthcheck": {"Test": ["NONE"]}}}, HEALTH, Outcome.FAIL),
        ("{image: 'shop:1'}", {}, HEALTH, Outcome.FAIL),
        ("{build: .}", None, "custom/ours", Outcome.UNKNOWN),
    ],
)
def test_what_the_image_decides(
    tmp_path: Path, service: str, config: dict[str, Any] | None, control: str, outcome: Outcome
) -> None:
    assert judged(tmp_path, service, config)[control].outcome is outcome


def test_where_the_fact_stands_is_said(tmp_path: Path) -> None:
    (evidence,) = judged(tmp_path, "{image: 'shop:1'}", {"Config": {"User": "0"}})[USER].evidence
    assert str(evidence.source) == "image shop:1 Config.User" and evidence.says == "runs as uid 0"


def test_the_image_that_is_shipped_is_judged_not_the_one_that_is_written(tmp_path: Path) -> None:
    """`--image web=REF` puts another in its place; what is built here has a name at last."""
    assert judged(tmp_path, "{image: 'ours/shop:1'}", {}, "other/shop:1")["custom/ours"].outcome is Outcome.FAIL
    assert judged(tmp_path, "{image: 'other/shop:1'}", {}, "ours/shop:1")["custom/ours"].outcome is Outcome.PASS
    assert judged(tmp_path, "{build: .}", {}, "shop-web")["custom/ours"].outcome is Outcome.FAIL
