"""Secrets are named, never shown; a database is told by what runs, then by its image's name."""

from __future__ import annotations

from typing import Any

import pytest
from judged import failing, findings

from dockworthy.controls.image_names import parse_image
from dockworthy.controls.programs import process
from dockworthy.model.finding import Outcome
from dockworthy.model.levels import Severity

ANONYMOUS = {"Type": "volume", "Name": "f" * 64, "Destination": "/var/lib/postgresql/data", "RW": True}


@pytest.mark.parametrize(
    "entry",
    [
        "PASSWORD=hash:0123456789abcdef",
        "ANYTHING=hash:0123456789abcdef",
        "URL=redis://:hash:0123456789abcdef@cache:6379",
        "DB_PASSWORD=open-sesame",
        "API_KEY=open-sesame",
        "URL=amqp://shop:open-sesame@queue",
    ],
)
def test_a_secret_is_named_and_not_shown(entry: str) -> None:
    finding = findings("container", {"Config": {"Env": ["PATH=/bin", entry]}})["environment-secrets"]
    assert finding.outcome is Outcome.FAIL
    name, _, _ = entry.partition("=")
    said = " ".join(evidence.says for evidence in finding.evidence)
    assert name in said and "sesame" not in said and "hash:" not in said


@pytest.mark.parametrize(
    "entry",
    [
        "PASSWORD_FILE=/run/secrets/db",
        "DB_PASSWORD=",
        "DB_PASSWORD=$(DB)",
        "TOKEN_TTL=60",
        "BYPASS_CACHE=yes",
        "URL=http://shop:8080/x@y",
        "MONKEY=long-tailed",
    ],
)
def test_what_only_speaks_of_secrets(entry: str) -> None:
    assert not failing(findings("container", {"Config": {"Env": [entry]}}))


def _postgres(programs: list[str], image: str = "postgres:17.2") -> dict[str, Any]:
    processes = [process(4242 + n, program, parent=4200 if n == 0 else 4242) for n, program in enumerate(programs)]
    return {"inspect": {"Config": {"Image": image}, "Mounts": [ANONYMOUS]}, "processes": processes}


def test_a_tool_in_the_databases_image_is_no_database() -> None:
    assert "data-volume" in failing(findings("running", _postgres(["postgres"])))
    assert findings("running", _postgres(["pg_dump"]))["data-volume"].outcome is Outcome.NOT_APPLICABLE


def test_a_database_in_an_image_of_another_name() -> None:
    assert "data-volume" in failing(findings("running", _postgres(["postgres"], "registry.example.com/shop-db:1")))


@pytest.mark.parametrize("image", ["postgres-exporter:1", "phpmyadmin:5", "mongo-express:1", "postgrest/postgrest:12"])
def test_names_that_only_resemble(image: str) -> None:
    assert findings("container", {"Config": {"Image": image}})["data-volume"].outcome is Outcome.NOT_APPLICABLE


def test_a_caches_data_weighs_less() -> None:
    def severity(image: str, target: str) -> Severity:
        mounts = [{**ANONYMOUS, "Destination": target}]
        return findings("container", {"Config": {"Image": image}, "Mounts": mounts})["data-volume"].severity

    assert severity("redis:8", "/data") is Severity.MEDIUM
    assert severity("mongo:8", "/data/db") is Severity.HIGH
    in_layer = findings("container", {"Config": {"Image": "mongo:8"}})["data-volume"]
    assert in_layer.severity is Severity.CRITICAL


def test_the_volume_inside_another_one_holds_the_data() -> None:
    """An image's VOLUME lies over a part of the named volume that was mounted one folder too high."""
    mounts = [{**ANONYMOUS, "Name": "shop-db", "Destination": "/var/lib/postgresql"}, ANONYMOUS]
    config = {"Image": "postgres:17.2", "Env": ["PGDATA=/var/lib/postgresql/data"]}
    assert "data-volume" in failing(findings("container", {"Config": config, "Mounts": mounts}))


@pytest.mark.parametrize(
    ("written", "repository", "tag", "fixed"),
    [
        ("shop", "shop", "", False),
        ("shop:1.4", "shop", "1.4", False),
        ("localhost:5000/team/shop", "localhost:5000/team/shop", "", False),
        ("localhost:5000/team/shop:1.4", "localhost:5000/team/shop", "1.4", False),
        ("shop:1.4@sha256:" + "0" * 64, "shop", "1.4", True),
        ("sha256:" + "0" * 64, "", "", True),
        ("0123456789ab", "", "", True),
        ("deadbeef", "deadbeef", "", False),
    ],
)
def test_image_names(written: str, repository: str, tag: str, fixed: bool) -> None:
    image = parse_image(written)
    assert (image.repository, image.tag, image.fixed) == (repository, tag, fixed)


def test_ports_that_are_listed_for_both_protocols_of_the_internet_are_one() -> None:
    both = [{"HostIp": "0.0.0.0", "HostPort": "5432"}, {"HostIp": "::", "HostPort": "5432"}]
    finding = findings("container", {"NetworkSettings": {"Ports": {"5432/tcp": both}}})["published-ports"]
    assert len(finding.evidence) == 1
    assert finding.severity is Severity.HIGH
