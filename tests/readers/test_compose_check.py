"""`check` on Compose projects: what is found, where it is said to stand, and that Compose itself reads the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dockworthy.check import check
from dockworthy.errors import UsageError
from dockworthy.model.field import Set
from dockworthy.model.finding import Finding, Outcome
from dockworthy.model.levels import Level
from dockworthy.model.result import Result
from dockworthy.model.workload import Unit
from dockworthy.readers.compose.project import read_compose
from dockworthy.readers.yaml_source import documents
from patience import patience

SHOP = Path(__file__).parent / "compose_projects" / "shop"


def checked(*paths: Path | str, level: Level = Level.PRODUCTION) -> Result:
    return check([str(path) for path in paths], level=level)


def failing(result: Result) -> dict[tuple[str, str], Finding]:
    """(service, control) -> finding."""
    return {
        (finding.subject.partition("#")[2], finding.control.removeprefix("workload/")): finding
        for finding in result.findings
        if finding.outcome is Outcome.FAIL
    }


def test_the_shops_faults_are_found_in_their_lines() -> None:
    found = failing(checked(SHOP / "compose.yaml"))
    lines = (SHOP / "compose.yaml").read_text().splitlines()
    for service, control, written in (
        ("logs", "privileged", "privileged: true"),
        ("logs", "engine-socket", "docker.sock"),
        ("logs", "host-view", "host-logs:/logs"),
        ("metrics", "host-namespaces", "host"),
        ("metrics", "host-mounts", "/:/rootfs:ro,rslave"),
        ("debug", "host-namespaces", "service:metrics"),
        ("debug", "seccomp-set", "seccomp:unconfined"),
        ("debug", "apparmor", "apparmor=unconfined"),
        ("cache", "published-ports", "6379:6379"),
        ("backup", "environment-secrets", "BACKUP_PASSPHRASE"),
        ("cache", "environment-secrets", "--requirepass"),
        ("db", "memory-limit", ""),
    ):
        if not written:
            assert (service, control) not in found
            continue
        source = found[service, control].evidence[0].source
        assert source is not None and source.line is not None
        assert written in lines[source.line - 1], (service, control)
        assert found[service, control].check_yourself.startswith(f"sed -n {source.line}p ")


def test_a_careful_service_fails_little_of_what_is_asked_of_its_privileges() -> None:
    found = failing(checked(SHOP / "compose.yaml", level=Level.RESTRICTED))
    assert {control for service, control in found if service in ("web", "worker")} == set()


def test_no_secret_of_a_file_stands_in_the_result() -> None:
    result = checked(SHOP / "compose.yaml")
    assert "not-so-secret" not in str(msgspec.to_builtins(result))


def test_nothing_is_asked_of_a_file_that_only_a_running_container_could_tell() -> None:
    asked = {finding.control for finding in checked(SHOP / "compose.yaml").findings}
    assert not asked & {"workload/drift", "workload/one-process", "workload/unhealthy", "workload/restart-loop"}


def test_a_folder_is_walked_and_each_service_judged_once(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("include: [sub/db.yaml]\nservices: {web: {image: shop}}")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "db.yaml").write_text("services: {db: {image: postgres}}")
    (tmp_path / "tsconfig.json").write_text('{"include": ["src"], "compilerOptions": {}}')
    (tmp_path / "services.yaml").write_text("services: {_defaults: {autowire: true}}")
    (tmp_path / "pod.yaml").write_text("{kind: Pod, spec: {containers: [{name: a}]}}")
    result = checked(tmp_path)
    assert sorted(subject.id.rpartition("/")[2] for subject in result.subjects) == [
        "compose.yaml#web",
        "db.yaml#db",
        "pod.yaml#pod",
    ]
    assert not result.unread


def test_one_broken_project_does_not_hide_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("services: {web: {image: shop, privileged: maybe}}")
    (tmp_path / "b.yaml").write_text("services: {web: {image: shop}}")
    result = checked(tmp_path)
    assert [subject.id.rpartition("/")[2] for subject in result.subjects] == ["b.yaml#web"]
    assert "services.web.privileged is 'maybe'" in result.unread[0][1]


def test_a_stranger_that_was_named_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("jobs: {build: {}}")
    assert "not a Compose file (with services), a" in checked(tmp_path / "a.yaml").unread[0][1]
    with pytest.raises(UsageError, match="nothing to judge"):
        checked(tmp_path)


def test_standard_input() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dockworthy", "check", "--format", "json", "-"],
        input=(SHOP / "compose.yaml").read_bytes(),
        cwd=SHOP,
        capture_output=True,
        check=False,
        timeout=patience(60),
    )
    assert done.returncode == 1, done.stderr
    assert {subject["id"] for subject in json.loads(done.stdout)["subjects"]} >= {"<stdin>#web", "<stdin>#debug"}


def _as_compose_has_it() -> dict[str, Any]:
    try:
        done = subprocess.run(
            ["docker", "compose", "--profile", "*", "config", "--format", "json"],
            cwd=SHOP,
            capture_output=True,
            check=False,
            timeout=patience(60),
            env={**os.environ, "SMTP_USER": "shop"},
        )
    except FileNotFoundError:
        pytest.skip("there is no docker command here")
    if b"is not a docker command" in done.stderr or b"unknown" in done.stderr:
        pytest.skip("Compose is not installed here")
    assert done.returncode == 0, done.stderr
    services: dict[str, Any] = json.loads(done.stdout)["services"]
    return services


def _own_units() -> dict[str, Unit]:
    name = str(SHOP / "compose.yaml")
    (document,) = documents((SHOP / "compose.yaml").read_text(), name)
    environ = {**os.environ, "SMTP_USER": "shop"}
    return {unit.name: unit for unit in read_compose(document, environ=environ, folder=SHOP)}


def test_compose_itself_reads_the_same() -> None:
    services, units = _as_compose_has_it(), _own_units()
    assert set(services) == set(units)
    for name, service in services.items():
        container = units[name].containers[0]
        assert _value(container.image) == service["image"]
        assert _value(container.command) == (tuple(service["command"]) if service.get("command") else None)
        assert (_value(container.environment) or {}) == service.get("environment", {})
        assert (_value(container.privileged) or False) == service.get("privileged", False)
        limits = service.get("deploy", {}).get("resources", {}).get("limits", {})
        memory = limits.get("memory") or service.get("mem_limit")
        assert _value(container.limits.memory) == (int(memory) if memory else None)
        own = {(port.host_ip, str(port.host_port), port.container_port, port.protocol) for port in container.ports}
        assert own == {
            (port.get("host_ip", ""), port.get("published", "0"), port["target"], port["protocol"])
            for port in service.get("ports", [])
        }
        mounts = {(m.kind.value, m.source, m.target, m.read_only, m.propagation) for m in container.mounts}
        assert {_mount(mount) for mount in service.get("volumes", [])} <= mounts


def _value(field: Any) -> Any:
    return field.value if isinstance(field, Set) else None


def _mount(mount: dict[str, Any]) -> tuple[str, str, str, bool, str]:
    propagation = mount.get("bind", {}).get("propagation", "")
    return mount["type"], mount["source"], mount["target"], mount.get("read_only", False), propagation
