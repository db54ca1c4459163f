"""Certificates of the engine's: its TLS, its registries', its swarm node's. Keys are never opened."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

from ...model.field import Field, Source, Unset
from ...model.host import Certificate
from .engine_files import registry_paths, tls_paths
from .reading import measured
from .root import Root, clean
from .settings import EngineSettings

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
    from .der import read_certificate  # only where there is one: most hosts have none

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
