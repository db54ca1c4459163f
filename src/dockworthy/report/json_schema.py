"""The published JSON Schemas (2020-12), generated from the types that are encoded: they can't say anything else."""

from __future__ import annotations

import inspect
import json
from typing import Any

import msgspec

from ..model.policy import ProjectFile
from ..model.result import SCHEMA
from ..model.snapshot import SNAPSHOT_VERSION, Snapshot
from .difference.as_json import SCHEMA as DIFFERENCE_SCHEMA
from .difference.as_json import DifferenceDocument
from .document import Document

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def published_schemas() -> dict[str, bytes]:
    """File name in docs/schema -> its content."""
    return {
        f"result-{SCHEMA}.json": _published(result_schema()),
        f"difference-{DIFFERENCE_SCHEMA}.json": _published(difference_schema()),
        f"snapshot-{SNAPSHOT_VERSION}.json": _published(snapshot_schema()),
        "dockworthy-yaml.json": _published(project_file_schema()),
    }


def result_schema() -> dict[str, Any]:
    """The schema of what every judging command prints with `--format json`."""
    return _schema(Document, f"urn:dockworthy:result:{SCHEMA}", "A result of dockworthy")


def difference_schema() -> dict[str, Any]:
    """The schema of what `assess --diff OLD --format json` prints."""
    name = f"urn:dockworthy:difference:{DIFFERENCE_SCHEMA}"
    return _schema(DifferenceDocument, name, "Two results of dockworthy compared")


def snapshot_schema() -> dict[str, Any]:
    """The schema of what `dockworthy facts` writes."""
    return _schema(Snapshot, f"urn:dockworthy:snapshot:{SNAPSHOT_VERSION}", "A snapshot of a host and its engine")


def project_file_schema() -> dict[str, Any]:
    """The schema of dockworthy.yaml, for editors."""
    return _schema(ProjectFile, "urn:dockworthy:project-file", "dockworthy.yaml")


def _schema(type_: type[msgspec.Struct], name: str, title: str) -> dict[str, Any]:
    return {"$schema": DIALECT, "$id": name, "title": title, **_evenly_described(msgspec.json.schema(type_))}


def _evenly_described(part: Any) -> Any:
    """Docstrings without their indentation: Python keeps it up to 3.12 and drops it from 3.13 on."""
    if isinstance(part, dict):
        return {
            key: inspect.cleandoc(value)
            if key == "description" and isinstance(value, str)
            else _evenly_described(value)
            for key, value in part.items()
        }
    return [_evenly_described(item) for item in part] if isinstance(part, list) else part


def _published(schema: dict[str, Any]) -> bytes:
    return (json.dumps(schema, indent=2, ensure_ascii=False) + "\n").encode()
