"""Compose files of several documents, of which Compose lays each over those before it, wherever the file is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockworthy.check import check
from dockworthy.model.finding import Outcome
from dockworthy.model.levels import Level
from dockworthy.readers.compose import find_compose

FIRST = "services: {db: {image: 'postgres:17', volumes: ['data:/x']}}\nvolumes: {data: {}}\n"
OVER = {
    "workload/privileged": "services: {db: {privileged: true}}\n",
    "workload/host-mounts": "volumes: {data: {driver_opts: {type: none, o: bind, device: /etc}}}\n",
}
NAMED = {
    "whole": "",
    "included": "include: [db.yaml]\nservices: {web: {image: 'nginx:1.29'}}\n",
    "included with others": "include: [{path: [db.yaml, more.yaml]}]\nservices: {web: {image: 'nginx:1.29'}}\n",
    "extended": "services: {web: {extends: {file: db.yaml, service: db}, volumes: !override []}}\n",
}


@pytest.mark.parametrize("asking", [False, True])
@pytest.mark.parametrize("walked", [False, True])
@pytest.mark.parametrize(
    ("control", "named"),
    [
        *(("workload/privileged", named) for named in NAMED),
        *(("workload/host-mounts", named) for named in NAMED if named != "extended"),  # of services alone
    ],
)
def test_each_document_counts(tmp_path: Path, control: str, named: str, walked: bool, asking: bool) -> None:
    """Also where Compose is not asked, and where a document has too little to be taken for a project's."""
    if asking and find_compose({}) is None:
        pytest.skip("no Compose here")
    first = tmp_path / "compose.yaml"
    (tmp_path / "db.yaml").write_text(f"{FIRST}---\n{OVER[control]}")
    (tmp_path / "more.yaml").write_text("services: {db: {init: true}}\n")
    first.write_text(NAMED[named] or f"{FIRST}---\n{OVER[control]}")
    if named == "whole":
        (tmp_path / "db.yaml").unlink()
    result = check(
        [str(tmp_path if walked else first)], level=Level.BASELINE, asking_compose=asking, skip_others=walked
    )
    failing = {finding.control for finding in result.findings if finding.outcome is Outcome.FAIL}
    assert control in failing and result.unread == ()


def test_a_document_before_the_one_that_tells_counts(tmp_path: Path) -> None:
    text = "services: {db: {privileged: true}}\n---\nservices: {db: {image: 'postgres:17'}}\n"
    (tmp_path / "compose.yaml").write_text(text)
    result = check([str(tmp_path)], level=Level.BASELINE)
    assert "workload/privileged" in {f.control for f in result.findings if f.outcome is Outcome.FAIL}
