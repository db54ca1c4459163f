"""Evidence as proofs: what counts as measured, what is only seen, and what speaks against it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import examples
from dockworthy.controls.examples import both, engine_says, known, on_host
from dockworthy.controls.machine._evidence_examples import (
    LAST_NIGHT,
    THREE_WEEKS_AGO,
    answer,
    container,
    drill,
    evidence,
    job,
    project,
    running,
    store,
    target,
)
from dockworthy.model.evidence import ToolTask
from dockworthy.model.proof import Proof, Strength

CADVISOR = ["container_cpu_usage_seconds_total"]
NODE = ["node_cpu_seconds_total"]


def proofs(part: dict[str, Any], demand: str, *tasks: ToolTask) -> list[Proof]:
    machine = examples.machine_of("snapshot", part, Path("/nonexistent"))
    return [proof for proof in machine.proofs if proof.demand == demand and (not tasks or proof.task in tasks)]


def only(part: dict[str, Any], demand: str, *tasks: ToolTask) -> Proof:
    (proof,) = proofs(part, demand, *tasks)
    return proof


def monitoring(*answers: dict[str, Any], **more: list[dict[str, Any]]) -> list[tuple[Strength, bool]]:
    found = proofs(evidence(answers=list(answers), **more), "1.monitor", ToolTask.METRICS)
    return [(proof.strength, proof.good) for proof in found]


def exporter(metrics: list[str], **more: Any) -> dict[str, Any]:
    return {**answer("cAdvisor", metrics=metrics, **more), "address": "http://127.0.0.1:8080", "who": "container/c"}


def test_an_exporter_counts_where_a_prometheus_here_has_it_up() -> None:
    prometheus = answer("Prometheus", targets=[target()], metrics=CADVISOR)
    assert monitoring(exporter(CADVISOR), prometheus) == [(Strength.MEASURED, True), (Strength.MEASURED, True)]
    silent = answer("Prometheus", targets=[target("down")], metrics=CADVISOR)
    assert monitoring(exporter(CADVISOR), silent) == [(Strength.SEEN, True), (Strength.MEASURED, False)]


def test_an_exporter_that_is_asked_from_elsewhere() -> None:
    often = {"scrapes": 240, "uptime": 3600.0}
    assert monitoring(exporter(CADVISOR, connected=True, **often)) == [(Strength.MEASURED, True)]
    assert monitoring(exporter(CADVISOR, **often)) == [(Strength.SEEN, True)], "nobody holds a connection any more"
    seldom = {"scrapes": 3, "uptime": 90_000.0}
    assert monitoring(exporter(CADVISOR, connected=True, **seldom)) == [(Strength.SEEN, True)]


def test_metrics_of_the_host_are_none_of_containers() -> None:
    assert monitoring(exporter(NODE, connected=True, scrapes=240, uptime=3600.0)) == [(Strength.SEEN, True)]
    assert monitoring(answer("Prometheus", targets=[target()], metrics=NODE)) == [(Strength.SEEN, True)]


def test_a_target_that_was_scraped_long_ago_is_not_up() -> None:
    old = {**target(), "last_scrape": "2026-11-24T09:00:00Z"}
    assert monitoring(answer("Prometheus", targets=[old], metrics=CADVISOR)) == [(Strength.MEASURED, False)]


def test_an_agent_that_sends_must_be_connected() -> None:
    agent = [running("Telegraf", "metrics", "telegraf")]
    assert monitoring(running=agent) == [(Strength.SEEN, True)]
    sent = [{"tool": "Telegraf", "who": "telegraf", "to": "192.0.2.9:8086"}]
    assert monitoring(running=agent, connections=sent) == [(Strength.MEASURED, True)]


def test_a_tool_that_answered_is_not_said_twice() -> None:
    here = answer("Prometheus", targets=[target()], metrics=CADVISOR, who="prometheus")
    assert len(monitoring({**here, "who": "prometheus"}, running=[running("Prometheus", "metrics", "prometheus")])) == 1


@pytest.mark.parametrize(
    ("newest", "strength", "good"),
    [
        (LAST_NIGHT, Strength.MEASURED, True),
        (THREE_WEEKS_AGO, Strength.MEASURED, False),
        ("odd", Strength.MEASURED, False),
    ],
)
def test_the_age_of_a_backup_decides(newest: str, strength: Strength, good: bool) -> None:
    proof = only(evidence(stores=[store("restic", "/srv/r", newest=newest)]), "1.backup")
    assert (proof.strength, proof.good) == (strength, good)


def test_a_dump_answers_for_backups_and_for_databases() -> None:
    part = evidence(stores=[store("pg_dump", "/srv/d", "dump", newest=LAST_NIGHT)])
    assert only(part, "1.backup").task is only(part, "3.db-backup").task is ToolTask.DUMP


def test_one_abandoned_repository_is_a_fault_beside_a_good_one() -> None:
    part = evidence(stores=[store("restic", "/a", newest=LAST_NIGHT), store("restic", "/b", newest=THREE_WEEKS_AGO)])
    assert [proof.good for proof in proofs(part, "1.backup")] == [True, False]


def test_what_lies_elsewhere_is_only_seen() -> None:
    proof = only(evidence(stores=[store("restic", "s3:b", local=False)]), "1.backup")
    assert proof.strength is Strength.SEEN and "unknown" in proof.says


def test_the_age_of_what_lies_on_a_share_is_measured() -> None:
    proof = only(evidence(stores=[store("restic", "/mnt/nas", local=False, newest=LAST_NIGHT)]), "1.backup")
    assert proof.strength is Strength.MEASURED


def test_watchtower_that_only_looks() -> None:
    watchtower = container("containrrr/watchtower")
    watchtower["inspect"]["Config"]["Env"] = ["WATCHTOWER_MONITOR_ONLY=true"]
    assert only({"engine": {"containers": [watchtower]}}, "1.update").task is ToolTask.NOTIFY
    assert only({"engine": {"containers": [container("containrrr/watchtower")]}}, "1.update").task is ToolTask.UPDATE


def test_a_container_that_stopped_does_nothing() -> None:
    stopped = container("containrrr/watchtower", State={"Status": "exited", "Running": False})
    assert proofs({"engine": {"containers": [stopped]}}, "1.update") == []


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "", "yesterday"])
def test_an_image_whose_coming_is_not_known_proves_no_update(moment: str) -> None:
    part = {"engine": {"images": [{"Metadata": {"LastTagTime": moment}}], "containers": [container("watchtower")]}}
    assert [proof.strength for proof in proofs(part, "1.update")] == [Strength.SEEN]


def _replicas(count: int, health: str = "healthy") -> list[dict[str, Any]]:
    state = {"Status": "running", "Running": True, "Health": {"Status": health}}
    labels = {"com.docker.compose.project": "shop", "com.docker.compose.service": "web"}
    inspect = {"State": state, "Config": {"Image": "shop:1", "Labels": labels}}
    return [{"name": f"web-{number}", "inspect": inspect} for number in range(count)]


def _edge(**host_config: Any) -> dict[str, Any]:
    ports = {"443/tcp": [{"HostIp": "", "HostPort": "443"}]}
    bound = {"HostConfig": {"PortBindings": ports, **host_config}, "NetworkSettings": {"Ports": ports}}
    edge = container("traefik:3.5", **bound)
    edge["inspect"]["Config"]["Labels"] = {"com.docker.compose.service": "edge"}
    return edge


def test_an_edge_and_what_stands_behind_it() -> None:
    two = {"engine": {"containers": [_edge(), *_replicas(2)]}}
    assert "shop/web has 2 healthy containers" in only(two, "3.zero-downtime").says
    for containers in (_replicas(1), _replicas(2, "unhealthy")):
        part = {"engine": {"containers": [_edge(), *containers]}}
        assert "no service behind it has two healthy" in only(part, "3.zero-downtime").says


def test_an_edge_of_the_host_is_told_by_its_port() -> None:
    listener = {"protocol": "tcp", "address": "0.0.0.0", "port": 443, "pid": 700, "program": "nginx"}
    nginx = evidence(running=[running("nginx", "edge", "nginx")])
    assert "port 443" in only(both(nginx, on_host(listeners=[listener])), "3.zero-downtime").says
    assert proofs(both(nginx, on_host(listeners=[{**listener, "port": 8080}])), "3.zero-downtime") == []


@pytest.mark.parametrize(
    ("driver", "files", "good"), [("json-file", False, False), ("json-file", True, True), ("journald", False, True)]
)
def test_what_the_log_service_forwards_must_get_to_it(driver: str, files: bool, good: bool) -> None:
    away = {"tool": "rsyslog", "to": "192.0.2.9", "source": {"where": "/etc/rsyslog.conf"}, "container_files": files}
    part = both(engine_says(LoggingDriver=driver), evidence(forwarding=[away]))
    proof = only(part, "3.logs")
    assert (proof.strength, proof.good) == (Strength.SEEN, good)


@pytest.mark.parametrize(
    ("folder", "strength"),
    [
        ("/builds/team/shop", Strength.MEASURED),
        ("/home/gitlab-runner/builds/x/0/team/shop", Strength.MEASURED),
        ("/srv/runner/_work/shop/shop", Strength.MEASURED),
        ("/data/compose/7", Strength.SEEN),
        ("/srv/shop", None),
        ("/srv/builds", None),
    ],
)
def test_the_folder_tells_who_deployed(folder: str, strength: Strength | None) -> None:
    labels = {"com.docker.compose.project.working_dir": folder}
    part = {"engine": {"containers": [{"name": "web", "inspect": {"Config": {"Labels": labels}}}]}}
    assert [proof.strength for proof in proofs(part, "3.auto-deploy")] == ([strength] if strength else [])


def test_a_pipeline_counts_where_the_image_carries_the_commit() -> None:
    def found(revision: str, used: str = "shop") -> Strength:
        labels = {"org.opencontainers.image.revision": revision}
        web = {"name": "web", "inspect": {"Config": {"Labels": {"com.docker.compose.project": used}}}}
        engine = {"engine": {"images": [{"Config": {"Labels": labels}}], "containers": [web]}}
        part = both(engine, evidence(projects=[project(pipelines=["ci.yml"], builds=True)]))
        return only(part, "5.pipeline").strength

    assert found("a" * 40) is Strength.MEASURED
    assert found("b" * 40) is Strength.SEEN
    assert found("a" * 40, used="other") is Strength.SEEN


def test_the_version_before_is_kept() -> None:
    images = [
        {"Id": "sha256:" + "1" * 64, "RepoTags": ["registry.example.com:5000/shop:2"]},
        {"Id": "sha256:" + "3" * 64, "RepoTags": ["registry.example.com:5000/shop:1"]},
    ]
    assert (
        "registry.example.com:5000/shop" in only({"engine": {"images": images, "containers": [{}]}}, "3.rollback").says
    )
    assert proofs({"engine": {"images": images[:1], "containers": [{}]}}, "3.rollback") == []


def test_a_rollback_of_the_swarm() -> None:
    def found(**service: Any) -> list[tuple[Strength, bool]]:
        part = {"engine": {"services": known([{"ID": "s", "Spec": {"Name": "web"}, **service}])}}
        return [(proof.strength, proof.good) for proof in proofs(part, "3.rollback")]

    assert found(UpdateStatus={"State": "rollback_completed"}) == [(Strength.MEASURED, True)]
    assert found(UpdateStatus={"State": "rollback_paused"}) == [(Strength.MEASURED, False)]
    assert found(UpdateStatus={"State": "completed"}) == []
    assert found(UpdateStatus="odd", Spec=7) == []


def test_a_drill_of_last_year_proves_nothing_any_more() -> None:
    young = only(evidence(drills=[drill("3.rollback", "deploy", passed=True)]), "3.rollback")
    old = only(evidence(drills=[drill("3.rollback", "deploy", passed=True, when="2025-11-24T00:00:00Z")]), "3.rollback")
    assert (young.strength, old.strength) == (Strength.MEASURED, Strength.SEEN)


def test_a_restore_of_a_database_answers_for_the_backups() -> None:
    part = evidence(drills=[drill("3.db-backup", "restore", passed=True)])
    assert only(part, "1.backup").task is only(part, "3.db-backup").task is ToolTask.RESTORE


def test_a_job_that_restores_is_not_yet_a_restore() -> None:
    part = evidence(jobs=[job("restore", "restic", last_run=LAST_NIGHT)])
    assert only(part, "1.backup", ToolTask.RESTORE).strength is Strength.SEEN
