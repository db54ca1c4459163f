"""Which fixes are made together: anchors are mended where they stand, and one service keeps no other from its fix."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from dockworthy.cli.run import run

ALIASED = """\
x-logging: &logging # for all
  driver: json-file
services:
  web:
    image: shop
    logging: *logging
  db:
    image: shop
    logging: *logging
"""
MERGED = """\
x-base: &base
  restart: always
  cap_add: [NET_ADMIN, SYS_MODULE]
  logging:
    driver: json-file
services:
  web:
    <<: *base
    image: shop
  db:
    <<: [*base]
    image: shop
"""
MIXED = """\
services:
  one:
    image: shop
  two:
    image: shop
  # dockworthy: allow workload/privileged until 2099-01-01: it is the builder
  builder:
    image: shop
    privileged: true
  four:
    image: shop
"""


@pytest.mark.parametrize("text", [ALIASED, MERGED])
def test_anchor_is_mended_where_it_stands(compose: Path, text: str) -> None:
    compose.write_text(text)
    assert run(["fix", "compose.yaml"]) == 0
    fixed = compose.read_text()
    options = '  options:\n{0}    max-size: "10m"\n{0}    max-file: "3"\n'
    deeper = "  " if text is MERGED else ""
    assert fixed == text.replace("driver: json-file\n", "driver: json-file\n" + deeper + options.format(deeper)), (
        "one anchor, and all that use it"
    )
    assert run(["fix", "compose.yaml"]) == 0 and compose.read_text() == fixed


def test_anchor_that_means_something_else_to_another_stays(compose: Path) -> None:
    """`db` overrides what it merges: the change is meant for `web` alone, and made there."""
    text = ALIASED.replace(
        "    logging: *logging\n  db", "    logging: *logging\n  log:\n    image: shop\n    labels: *logging\n  db"
    )
    compose.write_text(text)
    assert run(["fix", "compose.yaml"]) == 0
    fixed = yaml.safe_load(compose.read_text())
    assert fixed["services"]["log"]["labels"] == {"driver": "json-file"} == fixed["x-logging"]
    assert fixed["services"]["web"]["logging"]["options"] == {"max-size": "10m", "max-file": "3"}


def test_removal_at_an_anchor_takes_one_place(compose: Path) -> None:
    compose.write_text(MERGED)
    assert run(["fix", "--all", "--control", "workload/capabilities", "compose.yaml"]) == 0
    assert compose.read_text() == MERGED.replace("  cap_add: [NET_ADMIN, SYS_MODULE]\n", "")


def test_one_privileged_service_keeps_no_other_from_its_fix(compose: Path, capsys: pytest.CaptureFixture[str]) -> None:
    compose.write_text(MIXED)
    assert run(["fix", "--all", "--control", "capabilities-dropped", "--format", "json", "compose.yaml"]) == 1
    services = yaml.safe_load(compose.read_text())["services"]
    assert {name for name, service in services.items() if service.get("cap_drop") == ["ALL"]} == {"one", "two", "four"}
    (file,) = json.loads(capsys.readouterr().out)["files"]
    (left,) = file["not_made"]
    assert left["subject"] == "compose.yaml#builder"
    assert left["why"].startswith("compose.yaml:7: this fix alone would not clear the finding: ")


def test_what_a_later_fix_makes_possible_is_made(compose: Path) -> None:
    """Dropping capabilities means nothing while it is privileged, and all else is refused for another service."""
    compose.write_text(MIXED.replace("    image: shop\n  two", "    image: shop\n    privileged: true\n  two"))
    controls = ["--control", "capabilities-dropped", "--control", "workload/privileged"]
    assert run(["fix", "--all", *controls, "compose.yaml"]) == 1
    one = yaml.safe_load(compose.read_text())["services"]["one"]
    assert one == {"image": "shop", "cap_drop": ["ALL"]}


def test_plan_names_each_capability_that_goes(compose: Path, capsys: pytest.CaptureFixture[str]) -> None:
    compose.write_text("services: {vpn: {image: wireguard, cap_add: [NET_ADMIN, SYS_MODULE]}}\n")
    assert run(["fix", "--all", "--dry-run", "compose.yaml"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "removes NET_ADMIN, SYS_MODULE from cap_add" in out
