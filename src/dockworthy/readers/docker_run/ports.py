"""What `--publish` and `--expose` say, as a create request says it. Each raises ValueError."""

from __future__ import annotations

import re
from collections.abc import Iterator

_EXPECTED = "a port like 127.0.0.1:8080:80/tcp"
_RANGE = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?", re.ASCII)
_PROTOCOLS = frozenset({"tcp", "udp", "sctp"})


def publish(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """`80`, `8080:80`, `127.0.0.1:8080:80/udp`, `8000-8009:80-89`, `[::1]::80`, `published=8080,target=80`."""
    address, host, inside = _parts(_short_form(text))
    inside, _, written = inside.partition("/")
    protocol = _protocol(written)
    ports, outside = _range(inside), _range(host) if host else range(0)
    if outside and len(outside) != len(ports) and len(ports) != 1:
        raise ValueError(f"{_EXPECTED}: the ranges differ in length")
    for index, port in enumerate(ports):
        if outside and len(outside) == len(ports):
            host_port = str(outside[index])
        else:
            host_port = host  # one of several, or the engine's choice
        yield f"{port}/{protocol}", {"HostIp": address, "HostPort": host_port}


def expose(text: str) -> Iterator[str]:
    """`80`, `53/udp`, `8000-8010/tcp`."""
    ports, _, protocol = text.partition("/")
    return (f"{port}/{_protocol(protocol)}" for port in _range(ports))


def _short_form(text: str) -> str:
    if "=" not in text:
        return text
    said = dict(part.partition("=")[::2] for part in text.split(","))
    if not said.get("target") or not said.keys() <= {"target", "published", "protocol", "mode"}:
        raise ValueError(_EXPECTED)
    inside = f"{said['target']}/{said.get('protocol') or 'tcp'}"
    return f"{said['published']}:{inside}" if said.get("published") else inside


def _parts(text: str) -> tuple[str, str, str]:
    """Address, ports of the host and ports inside; an address may be IPv6, in brackets or not."""
    *front, inside = text.split(":")
    host = front.pop() if front else ""
    return ":".join(front).removeprefix("[").removesuffix("]"), host, inside


def _range(text: str) -> range:
    match = _RANGE.fullmatch(text)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
    if not first <= last <= 65535:
        raise ValueError(_EXPECTED)
    return range(first, last + 1)


def _protocol(text: str) -> str:
    protocol = text.lower() or "tcp"
    if protocol not in _PROTOCOLS:
        raise ValueError(_EXPECTED)
    return protocol


__all__ = ["expose", "publish"]
