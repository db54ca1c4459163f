"""MongoDB's wire protocol, as far as one question goes: OP_MSG with `{listDatabases: 1, nameOnly: true}`."""

from __future__ import annotations

import struct

from ...model.services import Answered

_OP_MSG = 2013
_UNAUTHORIZED = (13, 18)
"""Error codes: a user is asked for, or was not believed."""


def _string(name: str, value: str) -> bytes:
    return b"\x02" + name.encode() + b"\0" + struct.pack("<i", len(value) + 1) + value.encode() + b"\0"


def _document(*elements: bytes) -> bytes:
    body = b"".join(elements) + b"\0"
    return struct.pack("<i", len(body) + 4) + body


def _message(document: bytes) -> bytes:
    """Flags 0, one section of kind 0."""
    body = struct.pack("<I", 0) + b"\0" + document
    return struct.pack("<iiii", 16 + len(body), 1, 0, _OP_MSG) + body


LIST_DATABASES = _message(
    _document(b"\x10listDatabases\0" + struct.pack("<i", 1), b"\x08nameOnly\0\x01", _string("$db", "admin"))
)


def is_incomplete(reply: bytes) -> bool:
    """Is there more to come of the message whose length stands first?"""
    return len(reply) >= 4 and len(reply) < min(struct.unpack_from("<i", reply)[0], 1 << 16)


def meaning_of_mongo(reply: bytes) -> Answered:
    """`ok: 1` has listed; `ok: 0` with the code of "not authorized" asks for a user."""
    if len(reply) < 21 or struct.unpack_from("<i", reply, 12)[0] != _OP_MSG:
        return Answered.OTHER
    if _number(reply, b"\x01ok\0", "<d") == 1.0:
        return Answered.OPEN
    return Answered.PASSWORD if _number(reply, b"\x10code\0", "<i") in _UNAUTHORIZED else Answered.OTHER


def _number(reply: bytes, element: bytes, form: str) -> float | None:
    """The value of the last element with this type and name: databases may be called so, too, but as texts."""
    place = reply.rfind(element)
    if place < 0 or place + len(element) + struct.calcsize(form) > len(reply):
        return None
    value: float = struct.unpack_from(form, reply, place + len(element))[0]
    return value
