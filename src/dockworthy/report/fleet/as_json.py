"""A fleet as JSON: its verdict, and under `hosts` the whole result of each, as one host alone would give it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from ...model.fleet import FleetResult, HostResult
from ...model.levels import Level
from ...model.result import SCHEMA
from ..as_json import TOOL, encode, json_parts, verdict_out
from ..document import ToolOut, VerdictOut


class _Head(Struct, frozen=True):
    schema: int
    tool: ToolOut
    command: str
    level: Level
    verdict: VerdictOut


class _Unreached(Struct, frozen=True):
    """A host that could not be read: why, and what to do next."""

    host: str
    error: str
    hint: str
    result: None = None


def fleet_parts(fleet: FleetResult) -> Iterator[bytes]:
    """The document piece by piece: hosts with thousands of findings are never in memory twice."""
    head = encode(_Head(SCHEMA, TOOL, "assess", fleet.level, verdict_out(fleet.verdict)))
    yield head.rstrip().removesuffix(b"}") + b',"hosts":['
    separator = b""
    for host in fleet.hosts:
        yield separator
        yield from _host(host)
        separator = b","
    yield b"]}\n"


def _host(host: HostResult) -> Iterator[bytes]:
    if host.result is None:
        yield encode(_Unreached(host.host, host.error, host.hint)).rstrip()
        return
    yield b'{"host":' + encode(_Name(host.host)).rstrip().removeprefix(b'{"host":').removesuffix(b"}")
    yield b',"error":"","hint":"","result":'
    for part in json_parts(host.result):
        yield part.rstrip(b"\n")
    yield b"}"


class _Name(Struct, frozen=True):
    host: str
