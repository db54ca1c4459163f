"""A service that `deploy.jobs` names is a job: what is asked of something that stays is not asked of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from machines.program import run_dockworthy

COMPOSE = """\
services:
  web: {image: "shop@sha256:%(digest)s", healthcheck: {disable: true}, restart: "no"}
  migrate: {image: "shop@sha256:%(digest)s", healthcheck: {disable: true}, restart: "no"} # once
""".replace("%(digest)s", "a" * 64)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    (tmp_path / "dockworthy.yaml").write_text("deploy: {jobs: {before: [{service: migrate, on_rollback: true}]}}\n")
    return tmp_path


def failing(project: Path) -> set[tuple[str, str]]:
    done = run_dockworthy("check", "--format", "json", "compose.yaml", inside=("env", "-C", str(project)))
    assert done.returncode == 1, done.stderr
    findings = json.loads(done.stdout)["findings"]
    return {(each["control"], each["subject"].rpartition("#")[2]) for each in findings if each["outcome"] == "fail"}


def test_no_health_check_and_no_restart_is_asked_of_it(project: Path) -> None:
    asked = {"workload/health-check", "workload/restart-policy"}
    found = failing(project)
    assert {service for control, service in found if control in asked} == {"web"}
    assert any(service == "migrate" for _, service in found), "all else is"
    (project / "dockworthy.yaml").write_text("deploy: {}\n")
    assert {service for control, service in failing(project) if control in asked} == {"web", "migrate"}


def test_fix_leaves_its_restart_policy_alone(project: Path) -> None:
    done = run_dockworthy("fix", "--all", "compose.yaml", inside=("env", "-C", str(project)))
    written = (project / "compose.yaml").read_text()
    assert done.returncode in (0, 1), done.stderr
    web, migrate = (next(line for line in written.splitlines() if f"{name}:" in line) for name in ("web", "migrate"))
    assert "unless-stopped" in web and 'restart: "no"' in migrate and "# once" in migrate, written
