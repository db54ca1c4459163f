"""The published schemas are those of the types that are encoded, and are schemas indeed."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest

from dockworthy.model.field import NOT_READ
from dockworthy.model.host import Host
from dockworthy.model.snapshot import EngineFacts, Snapshot, ToolVersion
from dockworthy.report.json_schema import published_schemas, snapshot_schema

PUBLISHED = Path(__file__).parents[2] / "docs" / "schema"


@pytest.mark.parametrize("name", published_schemas())
def test_published_as_generated(name: str) -> None:
    hint = "run: python -m dockworthy.cli.reference docs"
    assert (PUBLISHED / name).read_bytes() == published_schemas()[name], hint


def test_nothing_else_is_published() -> None:
    assert {path.name for path in PUBLISHED.iterdir()} == published_schemas().keys()


@pytest.mark.parametrize("name", published_schemas())
def test_is_a_schema(name: str) -> None:
    schema = json.loads(published_schemas()[name])
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"].endswith("2020-12/schema")


def test_a_snapshot_is_valid() -> None:
    facts = EngineFacts(endpoint="unix:///run/docker.sock", info=NOT_READ)
    snapshot = Snapshot(taken="2026-11-24T12:00:00Z", tool=ToolVersion("dockworthy", "0"), host=Host(), engine=facts)
    jsonschema.Draft202012Validator(snapshot_schema()).validate(json.loads(msgspec.json.encode(snapshot)))


def test_a_snapshot_without_its_time_is_not() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(snapshot_schema()).validate({"snapshot": 1})
