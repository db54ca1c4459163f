"""`ports` and `expose`: short and long form, ranges."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...model.workload import Port
from .entry import Entry
from .scope import Scope

_RANGE = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
_PROTOCOLS = frozenset({"tcp", "udp", "sctp"})
_EXPECTED = "a port like 8080:80 or 127.0.0.1:8080:80/tcp"


def read_ports(service: Entry, scope: Scope) -> tuple[Port, ...]:
    """An exposed port has `host_port` 0, one published at a port of the engine's choice is `picked`."""
    found: list[Port] = []
    for key, read in (("ports", _published), ("expose", _exposed)):
        listed = service.get(key)
        for entry in listed.items() if listed is not None else []:
            if entry.gap is None:
                ports = list(read(entry))
                scope.files.count(len(ports), entry.source)
                found += ports
    return tuple(found)


def _published(entry: Entry) -> Iterator[Port]:
    if entry.is_mapping:
        written = entry.get("protocol")
        target = entry.get("target") or entry
        inside, outside = target.text() if not target.is_mapping else "", entry.word("published")
        address, protocol = entry.word("host_ip"), "tcp" if written is None else written.text().lower()
    else:
        text, _, protocol = entry.text().strip().partition("/")
        *before, inside = text.rsplit(":", 2)
        outside = before.pop() if before else ""
        address, protocol = (before[0].strip("[]") if before else ""), protocol.lower() or "tcp"
    if protocol not in _PROTOCOLS:
        raise entry.wrong(_EXPECTED)
    yield from _pairs(entry, inside, outside, address, protocol)


def _pairs(entry: Entry, inside: str, outside: str, address: str, protocol: str) -> Iterator[Port]:
    """Of a range of the host for one port inside, the engine takes one: the first stands for it."""
    inner, outer = _range(entry, inside), _range(entry, outside) if outside else None
    if outer is not None and len(inner) > 1 and len(outer) != len(inner):
        raise entry.wrong("two ranges of one length")
    for number, port in enumerate(inner):
        host = 0 if outer is None else outer[number]
        yield Port(port, entry.source, host, address, protocol, picked=not host)


def _exposed(entry: Entry) -> Iterator[Port]:
    text, _, protocol = entry.text().strip().partition("/")
    for port in _range(entry, text):
        yield Port(port, entry.source, 0, "", protocol.lower() or "tcp")


def _range(entry: Entry, text: str) -> range:
    match = _RANGE.fullmatch(text)
    first = int(match[1]) if match else -1
    last = int(match[2] or match[1]) if match else -1
    if match is None or not 0 <= first <= last <= 65_535:
        raise entry.wrong(_EXPECTED)
    return range(first, last + 1)
