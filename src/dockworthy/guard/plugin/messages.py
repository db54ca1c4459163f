"""What the engine and an authorization plugin say to each other. Source: Docker's "Access authorization plugin"."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from ..decision import Decision
from ..request import GuardRequest

ACTIVATE, REQUEST, RESPONSE = "/Plugin.Activate", "/AuthZPlugin.AuthZReq", "/AuthZPlugin.AuthZRes"
ACTIVATED = b'{"Implements":["authz"]}'
ALLOWED = b'{"Allow":true}'


class _Question(Struct, frozen=True):
    """`RequestBody` comes in base64; headers of one name are joined to the last one by the engine."""

    RequestMethod: str
    RequestUri: str
    RequestBody: bytes = b""
    RequestHeaders: dict[str, str] | None = None
    User: str = ""
    ResponseStatusCode: int = 0
    ResponseBody: bytes = b""


_decoder = msgspec.json.Decoder(_Question)
_encoder = msgspec.json.Encoder()


def read_question(body: bytes) -> GuardRequest:
    """Raises ValueError for what no engine says."""
    try:
        question = _decoder.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(f"not an engine's question: {error}") from None
    headers = question.RequestHeaders or {}
    return GuardRequest(
        method=question.RequestMethod,
        target=question.RequestUri,
        headers={name.lower(): value for name, value in headers.items()},
        body=question.RequestBody,
        user=question.User,
    )


def read_answer(body: bytes) -> tuple[GuardRequest, int, bytes]:
    """What was asked, and the engine's answer: status and body. Raises ValueError."""
    try:
        question = _decoder.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(f"not an engine's answer: {error}") from None
    asked = GuardRequest(method=question.RequestMethod, target=question.RequestUri, body=question.RequestBody)
    return asked, question.ResponseStatusCode, question.ResponseBody


def answer_of(decision: Decision) -> bytes:
    return ALLOWED if decision.allowed else denied(decision.message())


def denied(says: str) -> bytes:
    return _encoder.encode({"Allow": False, "Msg": says})
