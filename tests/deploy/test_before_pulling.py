"""What the files alone refuse is said before an image is pulled, and a dry run pulls nothing: it says what it would."""

from __future__ import annotations

import json

import pytest

from deploy.shops import Shop

pytestmark = pytest.mark.engine

NOWHERE = "registry.invalid/team/shop:9"
"""Whoever tries to pull it fails: no registry has this name."""


def policy(shop: Shop, **parts: str) -> None:
    shop.write("dockworthy.yaml", {"policy": {"level": "baseline", **parts}, "deploy": {"observe": "0s"}})


@pytest.mark.parametrize("options", [("--dry-run",), (), ("--pull",)])
def test_a_refusal_that_needs_no_image_comes_before_the_pull(shop: Shop, options: tuple[str, ...]) -> None:
    shop.compose({"web": {**shop.service(privileged=True), "image": NOWHERE}, "worker": shop.service()})
    refused = " ".join(shop.deploy(*options, status=1).stdout.split())
    assert "workload/privileged" in refused
    assert "The image of web is not here and nothing was pulled: more may follow." in refused
    assert "The images are known here" not in refused
    told = json.loads(shop.deploy(*options, "--format", "json", status=1).stdout)
    assert told["not_pulled"] == ["web"] and {each["control"] for each in told["refused"]} >= {"workload/privileged"}


def test_a_dry_run_says_what_it_would_pull_and_shows_the_plan(shop: Shop) -> None:
    policy(shop, unknown="fail")  # what only the image tells is no reason yet
    absent = {**shop.service(), "image": NOWHERE}
    without_health = {name: value for name, value in absent.items() if name != "healthcheck"}
    shop.compose({"web": absent, "job": without_health, "worker": shop.service()})
    said = " ".join(shop.deploy("--dry-run").stdout.split())
    assert f"would be pulled, not being on this host: {NOWHERE} (web, job)" in said or f"{NOWHERE} (job, web)" in said
    assert "release 1: " in said and "web" in said and "worker" in said
    assert not shop.state.exists() and shop.containers(every=True) == {}
    listed = shop.engine.docker("image", "ls", "--format", "{{.Repository}}").stdout.decode()
    assert "registry.invalid" not in listed


def test_a_dry_run_with_pull_asks_no_registry(shop: Shop) -> None:
    shop.compose({"web": shop.service()})
    said = " ".join(shop.deploy("--dry-run", "--pull").stdout.split())
    assert f"a newer image would be asked for: {shop.image} (web)" in said


def test_a_change_of_an_image_that_is_not_here_is_a_step_of_the_plan(shop: Shop) -> None:
    shop.compose({"web": shop.service()})
    shop.deploy()
    shop.compose({"web": {**shop.service(), "image": NOWHERE}})
    said = " ".join(shop.deploy("--dry-run").stdout.split())
    assert f"-> {NOWHERE} (not pulled yet)" in said
