"""Which image a tag names now, and how old it is."""

from __future__ import annotations

from typing import Any

import pytest
from asked import outcome, outcomes, silent

OLD, NEW = "sha256:" + "a" * 64, "sha256:" + "b" * 64


def running(written: str, runs: str = OLD, **state: Any) -> dict[str, Any]:
    inspect = {"Image": runs, "Config": {"Image": written}, **({"State": state} if state else {})}
    images = [
        {"Id": OLD, "RepoTags": []},
        {"Id": NEW, "RepoTags": ["shop:1", "shop:latest", "registry.example.com:5000/shop:latest"]},
    ]
    return {"engine": {"images": images, "containers": [{"name": "web", "inspect": inspect}]}}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("shop:1", "fail"),
        ("shop", "fail"),
        ("docker.io/library/shop:latest", "fail"),
        ("registry.example.com:5000/shop", "fail"),
        ("registry.example.com/shop", "not_applicable"),
        ("shop:1@sha256:" + "c" * 64, "not_applicable"),
        (OLD, "not_applicable"),
        ("a" * 12, "not_applicable"),
        ("gone:1", "not_applicable"),
    ],
)
def test_a_tag_that_moved_on(written: str, expected: str) -> None:
    assert outcome("machine/current-build", running(written)) == expected


def test_the_image_that_the_tag_names() -> None:
    assert outcome("machine/current-build", running("shop:1", NEW)) == "pass"


def test_a_stopped_container_runs_nothing_old() -> None:
    assert outcome("machine/current-build", running("shop:1", Running=False, Status="exited")) == "not_applicable"


@pytest.mark.parametrize(("written", "runs", "expected"), [("shop:1", NEW, "pass"), ("gone:1", OLD, "unknown")])
def test_an_image_that_was_not_seen_may_have_the_tag(written: str, runs: str, expected: str) -> None:
    facts = running(written, runs)
    facts["engine"]["images"].append({"id": "sha256:c3", "inspect": silent()})
    assert outcome("machine/current-build", facts) == expected


@pytest.mark.parametrize(
    ("created", "expected"),
    [
        ("2026-08-27T12:00:00Z", "pass"),
        ("2026-08-25T12:00:00Z", "fail"),
        ("2026-11-24T12:30:00Z", "pass"),
        ("2026-11-24T23:00:00+14:00", "pass"),
        ("2012-12-31T00:00:00Z", "unknown"),
        ("0001-01-01T00:00:00Z", "unknown"),
        ("1970-01-01T00:00:00Z", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
        (20260101, "unknown"),
    ],
)
def test_age(created: Any, expected: str) -> None:
    facts = {"engine": {"images": [{"Created": created}], "containers": [{"name": "web"}]}}
    assert outcome("machine/recent-images", facts) == expected


def test_an_image_that_nobody_uses_has_no_age() -> None:
    facts = {"engine": {"images": [{"Created": "2020-01-01T00:00:00Z"}]}}
    assert outcomes("machine/recent-images", facts) == ["not_applicable"]
