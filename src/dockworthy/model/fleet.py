"""Several hosts, each with its own result, and one answer for all."""

from __future__ import annotations

from msgspec import Struct

from .levels import Level
from .result import Result, Verdict


class HostResult(Struct, frozen=True):
    """A host by the name or address it was asked for. `result` is None where it could not be read: `error` says why."""

    host: str
    result: Result | None
    error: str = ""
    hint: str = ""


class FleetResult(Struct, frozen=True, kw_only=True):
    level: Level
    verdict: Verdict
    hosts: tuple[HostResult, ...]
