"""Requests to whoever speaks restic's REST protocol at the other end of a connection, as somebody would send them who
does not use restic: for attempts that must fail. HTTP/2 as RFC 9113 has it, headers as RFC 7541 has them, no more of
both than a request needs. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RESET, _SETTINGS = 0, 1, 3, 4
_END_OF_STREAM, _END_OF_HEADERS, _ACKNOWLEDGED = 1, 4, 1
_RESTIC = "application/vnd.x.restic.rest.v2"


class RawRequest(NamedTuple):
    """`body`: what it sends; such a request has one, or none."""

    method: str
    path: str
    body: bytes = b""


def http2(requests: Sequence[RawRequest]) -> bytes:
    """All that a client sends for these requests, in one piece: it waits for no answer."""
    sent = [_PREFACE, _frame(_SETTINGS, 0, 0), _frame(_SETTINGS, _ACKNOWLEDGED, 0)]
    for number, request in enumerate(requests):
        stream = 2 * number + 1
        fields = {
            ":method": request.method,
            ":scheme": "http",
            ":path": request.path,
            ":authority": "localhost",
            "accept": _RESTIC,
        }
        if request.body:
            fields["content-length"] = str(len(request.body))
        headers = b"".join(_field(name, value) for name, value in fields.items())
        flags = _END_OF_HEADERS | (0 if request.body else _END_OF_STREAM)
        sent.append(_frame(_HEADERS, flags, stream, headers))
        if request.body:
            sent.append(_frame(_DATA, _END_OF_STREAM, stream, request.body))
    return b"".join(sent)


def _frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def _field(name: str, value: str) -> bytes:
    """Literal, not indexed, not compressed."""
    return b"\0" + _string(name.encode()) + _string(value.encode())


def _string(text: bytes) -> bytes:
    """Its length has 7 bits in the first byte, and 7 more in each that follows."""
    if len(text) < 127:
        return bytes([len(text)]) + text
    rest, length = len(text) - 127, bytearray([127])
    while rest >= 128:
        length.append(rest % 128 + 128)
        rest //= 128
    length.append(rest)
    return bytes(length) + text


def answers(sent: bytes) -> dict[int, bytes]:
    """The bodies of the answers that came whole, by the number of the request, from 0."""
    bodies: dict[int, bytes] = {}
    whole: set[int] = set()
    at = 0
    while at + 9 <= len(sent):
        length, kind, flags = int.from_bytes(sent[at : at + 3], "big"), sent[at + 3], sent[at + 4]
        stream = int.from_bytes(sent[at + 5 : at + 9], "big") & 0x7FFFFFFF
        payload = sent[at + 9 : at + 9 + length]
        at += 9 + length
        if not stream or at > len(sent) or kind not in (_DATA, _HEADERS, _RESET):
            continue
        number = (stream - 1) // 2
        bodies[number] = bodies.get(number, b"") + (payload if kind == _DATA else b"")
        if kind == _RESET or flags & _END_OF_STREAM:
            whole.add(number)
    return {number: body for number, body in bodies.items() if number in whole}
