"""Ports that are not really published, images whose line has ended, and programs that listen without asking."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest

import examples
from dockworthy.check import check
from dockworthy.controls.judging import judge_units, judge_written
from dockworthy.controls.registry import all_controls
from dockworthy.controls.supported_images import KNOWN_ON, program_of
from dockworthy.model.finding import Judgement, Outcome, Severity
from dockworthy.model.knowledge import program_releases
from dockworthy.model.levels import Level
from dockworthy.model.workload import Unit
from dockworthy.model.written import Written
from dockworthy.readers.compose.project import read_compose
from dockworthy.readers.dockerfile.build import read_dockerfile
from dockworthy.readers.yaml_source import documents


def judged(control: str, syntax: str, example: Any) -> Judgement:
    (only,) = examples.judgements(all_controls()[f"workload/{control}"], syntax, example, Path("/nonexistent"))
    return only


def compose(control: str, service: str) -> Judgement:
    return judged(control, "compose", f"services: {{web: {{{service}}}}}")


@pytest.mark.parametrize("mode", ["host", "none"])
@pytest.mark.parametrize("control", ["published-ports", "privileged-ports"])
def test_ports_that_the_engine_ignores_are_no_fault(mode: str, control: str) -> None:
    found = compose(control, f"image: shop, network_mode: {mode}, ports: ['8080:80', '53:53/udp']")
    assert found.outcome is Outcome.NOT_APPLICABLE
    assert "ignores its published ports" in found.evidence[0].says
    bindings = {"53/udp": [{"HostIp": "", "HostPort": "53"}]}
    inspect = {"HostConfig": {"NetworkMode": mode, "PortBindings": bindings}}
    assert judged(control, "container", inspect).outcome is Outcome.NOT_APPLICABLE
    inspect["HostConfig"]["NetworkMode"] = "shop"
    assert judged(control, "container", inspect).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("image", "outcome"),
    [
        ("ghcr.io/example/node:5", Outcome.NOT_APPLICABLE),  # an application of that name
        ("shop:1", Outcome.NOT_APPLICABLE),
        ("postgres", Outcome.NOT_APPLICABLE),  # it moves: pinned-image says so
        ("nginx:stable", Outcome.NOT_APPLICABLE),
        ("nginx:1", Outcome.PASS),  # the newest of 1
        ("rabbitmq:4", Outcome.PASS),
        ("tomcat:10", Outcome.PASS),
        ("tomcat:10.0", Outcome.FAIL),
        ("python:3", Outcome.PASS),
        ("python:2", Outcome.FAIL),
        ("mysql:5", Outcome.FAIL),
        ("postgres:14.9-alpine3.23", Outcome.FAIL),
        ("bitnami/postgresql:13", Outcome.FAIL),
        ("pgvector/pgvector:pg13", Outcome.FAIL),
        ("pgvector/pgvector:0.8.0-pg17", Outcome.PASS),
        ("mcr.microsoft.com/dotnet/aspnet:6.0", Outcome.FAIL),
        ("docker.io/library/node:16", Outcome.FAIL),
        ("mirror.example.com/library/node:16", Outcome.FAIL),
        ("node:24-buster", Outcome.FAIL),
        ("postgres:99", Outcome.PASS),
        ("postgres:alpine", Outcome.UNKNOWN),
    ],
)
def test_release_lines(image: str, outcome: Outcome) -> None:
    assert compose("supported-image", f"image: '{image}'").outcome is outcome


def test_the_table_is_whole() -> None:
    for program in program_releases._LINES:
        days = program_releases._days(program)
        assert list(days) == sorted(days), program
        assert all(day is None or day > datetime.date(2017, 12, 31) for day in days.values()), program
        assert any(day is None or day >= KNOWN_ON for day in days.values()), f"{program}: all have ended: look it up"
    for other in program_releases._OTHER_NAMES:
        assert program_releases.program_called(other) in program_releases._LINES


def test_what_ends_is_said_with_its_day() -> None:
    found = program_of("postgres:14")
    assert found is not None and (found.name, str(found.until)) == ("postgres 14", "2026-11-12")
    assert compose("supported-image", "image: 'postgres:14'").evidence[0].says == (
        "postgres:14 is postgres 14: no fixes since 2026-11-12"
    )


@pytest.mark.parametrize(
    ("service", "severity"),
    [
        ("image: 'docker:dind', environment: {DOCKER_TLS_CERTDIR: ''}", Severity.HIGH),
        ("image: 'docker:dind', environment: {DOCKER_TLS_CERTDIR: ''}, ports: ['127.0.0.1:2375:2375']", Severity.HIGH),
        ("image: 'docker:dind', environment: {DOCKER_TLS_CERTDIR: ''}, ports: ['2375:2375']", Severity.CRITICAL),
        ("image: 'docker:dind', command: [dockerd, -H, 'tcp://0.0.0.0'], network_mode: host", Severity.CRITICAL),
    ],
)
def test_an_engine_inside_without_tls(service: str, severity: Severity) -> None:
    found = compose("engine-inside", service)
    assert found.outcome is Outcome.FAIL and found.severity is severity


@pytest.mark.parametrize("image", ["docker:29-cli", "shop:1"])
def test_who_runs_no_engine_is_not_asked(image: str) -> None:
    assert compose("engine-inside", f"image: '{image}'").outcome is Outcome.NOT_APPLICABLE
    found = compose("traefik-api", f"image: '{image}', command: [--api.insecure=true], ports: ['8080:8080']")
    assert found.outcome is Outcome.NOT_APPLICABLE


def test_version_is_a_note_and_no_fault(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text("services:\n  web: {image: shop}\n  db: {image: shop}\nversion: '3.8'\n")
    notes = [note for note in check([str(file)], level=Level.BASELINE).notes if "version" in note]
    assert notes == [f"{file}:4 version: Compose ignores `version`, which is obsolete: it can be taken out"]


def service(image: str) -> Unit:
    (document,) = documents(f"services: {{web: {{image: '{image}'}}}}", "compose.yaml")
    (unit,) = read_compose(document, environ={}, folder=Path("/nonexistent"))
    return unit


@pytest.mark.parametrize(
    ("day", "outcome"),
    [
        (datetime.date(2026, 12, 1), Outcome.PASS),
        (datetime.date(2026, 12, 31), Outcome.PASS),
        (datetime.date(2027, 1, 1), Outcome.FAIL),
        (datetime.date(2019, 1, 1), Outcome.PASS),
    ],
)
def test_a_line_ends_on_its_day_and_not_with_the_next_dockworthy(day: datetime.date, outcome: Outcome) -> None:
    unit = service("php:8.2-fpm")
    found = judge_units([unit], Level.PRODUCTION, today=day)
    assert [each.outcome for each in found if each.control == "workload/supported-image"] == [outcome]


def test_a_clock_that_is_slow_makes_no_line_young_again() -> None:
    unit = service("node:16")
    found = judge_units([unit], Level.PRODUCTION, today=datetime.date(2019, 1, 1))
    assert [each.outcome for each in found if each.control == "workload/supported-image"] == [Outcome.FAIL]


def test_a_base_image_ends_on_its_day() -> None:
    build = read_dockerfile("FROM php:8.2-fpm-trixie\n", "Dockerfile", path=None)
    for day, outcome in ((datetime.date(2026, 12, 31), Outcome.PASS), (datetime.date(2027, 1, 1), Outcome.FAIL)):
        found = judge_written(Written(builds=(build,)), Level.PRODUCTION, today=day)
        assert [each.outcome for each in found if each.control == "build/supported-base"] == [outcome]
