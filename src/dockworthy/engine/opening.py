"""How talk with an engine begins: its address, the certificates that the docker command line would use, and the
version of its API that both know.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ..errors import EngineError, EngineRefused
from ..model.dialect import Version
from .context import configuration_folder
from .endpoint import context_of
from .faults import failed_answer

if TYPE_CHECKING:
    from aiodocker import Docker


def tls_for(endpoint: str, environ: Mapping[str, str]) -> ssl.SSLContext | None:
    """TLS with a client certificate, or None where the engine is asked in the clear (a unix socket, plain tcp).

    Any value of DOCKER_TLS_VERIFY switches it on, as for the docker command line. Raises EngineRefused where the
    certificates are missing or unreadable: without them the engine would not let us in.
    """
    if endpoint.startswith(("unix://", "http://")):
        return None
    folder = _folder(endpoint, environ)
    if folder is None:
        return ssl.create_default_context() if endpoint.startswith("https://") else None
    try:
        context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
        # Python 3.13 asks of an authority what openssl's own defaults, and so most engines' authorities, leave out (the
        # key usage extension). Who signed what is verified all the same.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    except OSError as error:
        raise EngineRefused(
            f"the certificates for {endpoint} in {folder} can't be used: {error}",
            hint="ca.pem, cert.pem and key.pem are needed there",
        ) from None
    return context


def _folder(endpoint: str, environ: Mapping[str, str]) -> Path | None:
    if environ.get("DOCKER_TLS_VERIFY"):
        return Path(environ.get("DOCKER_CERT_PATH") or configuration_folder(environ))
    context = context_of(endpoint, environ)
    return context.certificates if context is not None and context.certificates.is_dir() else None


NEWEST_API = Version(1, 51)
"""The newest API version whose answers are known here; a newer engine is asked in this one."""


def opened(endpoint: str, environ: Mapping[str, str]) -> Docker:
    """Raises EngineError for what is no address; nothing is asked yet."""
    from aiodocker import Docker
    from aiohttp import ClientTimeout

    tls = tls_for(endpoint, environ)
    url = endpoint.replace("tcp://", "https://" if tls else "http://", 1)
    try:
        return Docker(url=url, ssl_context=tls, timeout=ClientTimeout(total=None))
    except ValueError as error:
        raise EngineError(f"{endpoint} is no address of an engine: {error}") from None


def decoded(status: int, body: bytes, endpoint: str, asked: str) -> Any:
    """The JSON of an answer. Raises EngineError and its kinds."""
    if status >= 400:
        raise failed_answer(status, body, endpoint, asked)
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise EngineError(f"the engine at {endpoint} answered {asked} with broken JSON: {error}") from None


def negotiated(version: Any, endpoint: str) -> Version:
    """The newest API version that both know; an engine that asks for a newer one than ours gets its oldest.

    `version` is the answer to GET /version. Raises EngineError where something else answered.
    """
    try:
        newest = Version.parse(version["ApiVersion"])
        oldest = Version.parse(version.get("MinAPIVersion") or version["ApiVersion"])
    except (KeyError, TypeError, ValueError, AttributeError):
        raise EngineError(f"what answers at {endpoint} is not a Docker Engine: it names no API version") from None
    return max(oldest, min(newest, NEWEST_API))
