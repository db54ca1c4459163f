"""Certificates of the engine: its TLS, its registries', its swarm node's. Keys are never opened.

Just enough of X.509's DER (RFC 5280) is read to tell whom a certificate names and until when it holds.
"""

from __future__ import annotations

import binascii
import ipaddress
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from ...model.field import Field, Source, Unset
from ...model.host import Certificate
from .engine_files import registry_paths, tls_paths
from .reading import measured
from .root import Root, clean
from .settings import EngineSettings

_SEQUENCE, _OID, _UTC_TIME, _TIME, _OCTETS = 0x30, 0x06, 0x17, 0x18, 0x04
_VERSION, _EXTENSIONS = 0xA0, 0xA3
_DNS_NAME, _URI, _IP, _EMAIL = 0x82, 0x86, 0x87, 0x81
_BMP_STRING, _UNIVERSAL_STRING = 0x1E, 0x1C
_SUBJECT_ALT_NAME = bytes.fromhex("551d11")
_ATTRIBUTES = {"550403": "CN", "550406": "C", "550407": "L", "550408": "ST", "55040a": "O", "55040b": "OU"}


class DerValue(NamedTuple):
    tag: int
    content: bytes


class CertificateFacts(NamedTuple):
    subject: str
    not_after: str
    names: tuple[str, ...]


def read_certificate(der: bytes) -> CertificateFacts:
    """Raises ValueError where it isn't a certificate."""
    outer = _only(der, _SEQUENCE)
    parts = list(_values(_only(outer, _SEQUENCE, exact=False)))
    if parts and parts[0].tag == _VERSION:
        parts = parts[1:]
    if len(parts) < 6:  # serial, signature algorithm, issuer, validity, subject, key, then extensions
        raise ValueError("a certificate has more parts")
    validity = list(_values(parts[3].content))
    if len(validity) != 2:
        raise ValueError("no validity")
    return CertificateFacts(_subject(parts[4].content), _time(validity[1]), tuple(_alt_names(parts[6:])))


def _values(data: bytes) -> Iterator[DerValue]:
    """The values that stand one after another. Raises ValueError where a length lies."""
    at = 0
    while at < len(data):
        tag, at = data[at], at + 1
        if tag & 0x1F == 0x1F or at >= len(data):
            raise ValueError("not DER")
        length, at = data[at], at + 1
        if length & 0x80:
            size = length & 0x7F
            if not 1 <= size <= 4:
                raise ValueError("not DER: a length")
            length, at = int.from_bytes(data[at : at + size], "big"), at + size
        if at + length > len(data):
            raise ValueError("not DER: it ends too early")
        yield DerValue(tag, data[at : at + length])
        at += length


def _only(data: bytes, tag: int, *, exact: bool = True) -> bytes:
    """The content of the first value, which must have this tag."""
    first = next(_values(data), None)
    if first is None or first.tag != tag or (exact and not first.content):
        raise ValueError("not a certificate")
    return first.content


def _subject(data: bytes) -> str:
    """`CN=x, O=y`, in the certificate's order; attributes without a common short name are left out."""
    found: list[str] = []
    for relative in _values(data):
        for attribute in _values(relative.content):
            pair = list(_values(attribute.content))
            name = _ATTRIBUTES.get(pair[0].content.hex()) if len(pair) == 2 else None
            if name:
                found.append(f"{name}={_text(pair[1])}")
    return ", ".join(found)


def _text(value: DerValue) -> str:
    encoding = {_BMP_STRING: "utf-16-be", _UNIVERSAL_STRING: "utf-32-be"}.get(value.tag, "utf-8")
    return value.content.decode(encoding, "replace")


def _time(value: DerValue) -> str:
    """RFC 3339 in UTC. Two-digit years below 50 are of this century."""
    text = value.content.decode("ascii", "replace")
    if value.tag == _UTC_TIME:
        text = ("20" if text[:2] < "50" else "19") + text
    elif value.tag != _TIME:
        raise ValueError("not a time")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _alt_names(rest: list[DerValue]) -> Iterator[str]:
    """Names of the extension subjectAltName: DNS names, addresses, URIs, mail addresses."""
    for block in rest:
        if block.tag != _EXTENSIONS:
            continue
        for extension in _values(_only(block.content, _SEQUENCE)):
            parts = list(_values(extension.content))
            if len(parts) >= 2 and parts[0] == DerValue(_OID, _SUBJECT_ALT_NAME) and parts[-1].tag == _OCTETS:
                yield from map(_name, _values(_only(parts[-1].content, _SEQUENCE)))


def _name(value: DerValue) -> str:
    if value.tag == _IP and len(value.content) in (4, 16):
        return str(ipaddress.ip_address(value.content))
    if value.tag in (_DNS_NAME, _URI, _EMAIL):
        return value.content.decode("utf-8", "replace")
    return f"(another kind of name, {value.tag & 0x1F})"


_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]{1,200000})-----END CERTIFICATE-----")


def read_certificates(root: Root, settings: EngineSettings) -> Field[tuple[Certificate, ...]]:
    """Every certificate of every file, and one with a `problem` for a file that can't be used."""
    paths = [path for path, role in tls_paths(settings).items() if role != "tls.key"]
    paths += [path for path, role in registry_paths(root).items() if role == "registry.cert"]
    swarm = f"{settings.data_root}/swarm/certificates/swarm-node.crt"
    if _may_exist(root, swarm):
        paths.append(swarm)
    if not paths and settings.unseen:
        return settings.unseen
    if not paths:
        return Unset(Source(settings.file_path, "tlscert"))
    return measured(tuple(item for path in paths for item in _read(root, path)), paths[0])


def _read(root: Root, path: str) -> Iterator[Certificate]:
    name = clean(path)
    try:
        content = root.read_bytes(path)
    except OSError as error:
        yield Certificate(path=name, subject="", not_after="", problem=(error.strerror or "can't be read").lower())
        return
    blocks = _BLOCK.findall(content)
    if not blocks:
        yield Certificate(path=name, subject="", not_after="", problem="no certificate (PEM) in it")
    for block in blocks:
        yield _certificate(name, block)


def _certificate(path: str, block: bytes) -> Certificate:

    try:
        facts = read_certificate(binascii.a2b_base64(block))
    except ValueError:
        return Certificate(path=path, subject="", not_after="", problem="it is broken")
    return Certificate(path=path, subject=facts.subject, not_after=facts.not_after, names=facts.names)


def _may_exist(root: Root, path: str) -> bool:
    """False only where it is known to be absent: the data-root is closed to all but root."""
    try:
        root.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True
