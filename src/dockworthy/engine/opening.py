"""How talk with an engine begins: its address, the version of its API that both know, and what its answers are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from ..errors import EngineError
from ..model.dialect import Version
from .certificates import tls_for
from .faults import failed_answer

if TYPE_CHECKING:
    from aiodocker import Docker

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
