"""The part of SARIF 2.1.0 (OASIS standard, with errata 01) that dockworthy writes, as types.

Names and meanings are the standard's; what is left out when empty is optional there.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


class _Object(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """Keys are written in camel case, and left out where they hold their default."""


class Text(_Object, frozen=True):
    """`message` (3.11) and `multiformatMessageString` (3.12)."""

    text: str
    markdown: str = ""


class Uri(_Object, frozen=True):
    """`artifactLocation` (3.4): `uri` is relative to the base that is named."""

    uri: str
    uri_base_id: str = ""


class Region(_Object, frozen=True):
    """`region` (3.30): lines and columns from 1, `end_column` behind its last character; 0 is left out."""

    start_line: int
    start_column: int = 0
    end_line: int = 0
    end_column: int = 0
    snippet: Text | None = None


class Physical(_Object, frozen=True):
    """`physicalLocation` (3.29). `context_region` is the whole line around a value."""

    artifact_location: Uri
    region: Region | None = None
    context_region: Region | None = None


class Logical(_Object, frozen=True):
    """`logicalLocation` (3.33): an object of the engine, or a place inside a file's structure."""

    name: str = ""
    fully_qualified_name: str = ""
    kind: str = ""


class Location(_Object, frozen=True):
    physical_location: Physical | None = None
    logical_locations: tuple[Logical, ...] = ()
    message: Text | None = None


class Suppression(_Object, frozen=True):
    """`suppression` (3.35): accepted outside of the source, in dockworthy.yaml."""

    kind: str
    status: str
    justification: str


class SarifReplacement(_Object, frozen=True):
    """`replacement` (3.57). An empty `deleted_region` only inserts."""

    deleted_region: Region
    inserted_content: Text


class ArtifactChange(_Object, frozen=True):
    artifact_location: Uri
    replacements: tuple[SarifReplacement, ...]


class SarifFix(_Object, frozen=True):
    """`fix` (3.55): what an editor may do at a click."""

    description: Text
    artifact_changes: tuple[ArtifactChange, ...]
    properties: dict[str, Any] = {}


class ResultOut(_Object, frozen=True):
    """`result` (3.27). `kind` and `level` are always written: their defaults differ from one another's."""

    rule_id: str
    rule_index: int
    kind: str
    level: str
    message: Text
    locations: tuple[Location, ...] = ()
    related_locations: tuple[Location, ...] = ()
    partial_fingerprints: dict[str, str] = {}
    suppressions: tuple[Suppression, ...] = ()
    baseline_state: str = ""
    fixes: tuple[SarifFix, ...] = ()
    properties: dict[str, Any] = {}


class Configuration(_Object, frozen=True):
    level: str


class SarifRule(_Object, frozen=True):
    """`reportingDescriptor` (3.49)."""

    id: str
    short_description: Text
    deprecated_ids: tuple[str, ...] = ()
    help: Text | None = None
    default_configuration: Configuration | None = None
    properties: dict[str, Any] = {}


class Driver(_Object, frozen=True):
    name: str
    version: str
    rules: tuple[SarifRule, ...]


class SarifTool(_Object, frozen=True):
    driver: Driver


class RuleReference(_Object, frozen=True):
    id: str
    index: int = -1


class Notification(_Object, frozen=True):
    """`notification` (3.58): what the reader of the results must know besides them."""

    level: str
    message: Text
    associated_rule: RuleReference | None = None


class Invocation(_Object, frozen=True):
    execution_successful: bool
    tool_execution_notifications: tuple[Notification, ...] = ()


class Base(_Object, frozen=True):
    """What `uriBaseId` names: where it lies, where that is known, and what it is."""

    description: Text
    uri: str = ""


class AutomationDetails(_Object, frozen=True):
    id: str


class SarifRun(_Object, frozen=True):
    tool: SarifTool
    results: tuple[ResultOut, ...]
    automation_details: AutomationDetails | None = None
    invocations: tuple[Invocation, ...] = ()
    original_uri_base_ids: dict[str, Base] = {}
    column_kind: str = ""
    redaction_tokens: tuple[str, ...] = ()
    properties: dict[str, Any] = {}


class Log(Struct, frozen=True):
    """`sarifLog` (3.13): one run."""

    schema: str = field(name="$schema")
    version: str
    runs: tuple[SarifRun, ...]
