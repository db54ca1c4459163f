"""One harmless question for each kind of service, and what its answer means.

Sources: the Redis and memcached protocol descriptions; the HTTP APIs of Elasticsearch, etcd, Docker Engine, RabbitMQ,
Prometheus, CouchDB and the registry; PostgreSQL's frontend/backend protocol; MongoDB's wire protocol (one OP_MSG with
`{listDatabases: 1, nameOnly: true}`).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import NamedTuple

from ...model.services import QuestionOutcome

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


def meaning_of_mongo(reply: bytes) -> QuestionOutcome:
    """`ok: 1` has listed; `ok: 0` with the code of "not authorized" asks for a user."""
    if len(reply) < 21 or struct.unpack_from("<i", reply, 12)[0] != _OP_MSG:
        return QuestionOutcome.OTHER
    if _number(reply, b"\x01ok\0", "<d") == 1.0:
        return QuestionOutcome.OPEN
    return QuestionOutcome.PASSWORD if _number(reply, b"\x10code\0", "<i") in _UNAUTHORIZED else QuestionOutcome.OTHER


def _number(reply: bytes, element: bytes, form: str) -> float | None:
    """The value of the last element with this type and name: databases may be called so, too, but as texts."""
    place = reply.rfind(element)
    if place < 0 or place + len(element) + struct.calcsize(form) > len(reply):
        return None
    value: float = struct.unpack_from(form, reply, place + len(element))[0]
    return value


Meaning = Callable[[bytes], QuestionOutcome]


class ServiceQuestion(NamedTuple):
    """`text` is sent, `words` say it to people. `more`: is the answer not whole yet? `goodbye` ends the talk."""

    text: bytes
    words: str
    meaning: Meaning
    more: Callable[[bytes], bool] | None = None
    goodbye: bytes = b""


def _redis(reply: bytes) -> QuestionOutcome:
    if reply.startswith(b"+PONG"):
        return QuestionOutcome.OPEN
    # DENIED: its protected mode lets in nobody from outside while it has no password.
    return QuestionOutcome.PASSWORD if reply.startswith((b"-NOAUTH", b"-DENIED", b"-NOPERM")) else QuestionOutcome.OTHER


def _memcached(reply: bytes) -> QuestionOutcome:
    if reply.startswith(b"VERSION "):
        return QuestionOutcome.OPEN
    return QuestionOutcome.PASSWORD if b"unauthenticated" in reply else QuestionOutcome.OTHER


def _postgres(reply: bytes) -> QuestionOutcome:
    """`R` asks for a proof, or (0) for none. An error names a client or a user that may not come."""
    if reply[:1] == b"R" and len(reply) >= 9:
        return QuestionOutcome.OPEN if struct.unpack_from(">i", reply, 5) == (0,) else QuestionOutcome.PASSWORD
    refused = reply[:1] == b"E" and (b"C28000" in reply or b"C28P01" in reply)
    no_such_user = b"does not exist" in reply
    return QuestionOutcome.PASSWORD if refused and not no_such_user else QuestionOutcome.OTHER


def _http(*proof: bytes) -> Meaning:
    """200 with one of these words, anywhere in its head or body, is that service, open."""

    def meaning(reply: bytes) -> QuestionOutcome:
        status = re.match(rb"HTTP/1\.[01] (\d{3})", reply)
        if status is None:
            return QuestionOutcome.OTHER
        if status[1] in (b"401", b"403"):
            return QuestionOutcome.PASSWORD
        lowered = reply.lower()
        return (
            QuestionOutcome.OPEN
            if status[1] == b"200" and any(word in lowered for word in proof)
            else QuestionOutcome.OTHER
        )

    return meaning


def _etcd(reply: bytes) -> QuestionOutcome:
    """With users switched on it answers a request without one by an error."""
    if b"user name is empty" in reply or b"permission denied" in reply or b"invalid auth token" in reply:
        return QuestionOutcome.PASSWORD
    return _http(b'"cluster_id"')(reply)


def _head_only(reply: bytes) -> bool:
    """Has only the head of an HTTP answer come, although a body follows?"""
    head, end, body = reply.partition(b"\r\n\r\n")
    return reply.startswith(b"HTTP/1.1 200") and (not end or not body) and b"content-length: 0" not in head.lower()


def _get(path: str, *proof: bytes) -> ServiceQuestion:
    text = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: dockworthy\r\nConnection: close\r\n\r\n"
    return ServiceQuestion(text.encode(), f"GET {path}", _http(*proof), _head_only)


def _ask_etcd() -> ServiceQuestion:
    """Reads at most one key, and of it the name only. (Asking is a POST in its API; nothing is written.)"""
    body = b'{"key":"AA==","range_end":"AA==","limit":1,"keys_only":true}'
    head = f"POST /v3/kv/range HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return ServiceQuestion(head.encode() + body, "one key's name", _etcd, _head_only)


def _ask_postgres() -> ServiceQuestion:
    words = b"user\0postgres\0database\0postgres\0application_name\0dockworthy\0\0"
    start = struct.pack(">ii", 8 + len(words), 196608) + words
    return ServiceQuestion(start, "the PostgreSQL login test", _postgres, goodbye=b"X\0\0\0\4")


QUESTIONS: dict[str, ServiceQuestion] = {
    "Redis": ServiceQuestion(b"PING\r\n", "PING", _redis, goodbye=b"QUIT\r\n"),
    "memcached": ServiceQuestion(b"version\r\n", "version", _memcached, goodbye=b"quit\r\n"),
    "PostgreSQL": _ask_postgres(),
    "MongoDB": ServiceQuestion(LIST_DATABASES, "listDatabases", meaning_of_mongo, is_incomplete),
    "etcd": _ask_etcd(),
    "Elasticsearch": _get("/", b'"cluster_name"', b'"lucene_version"'),
    "Docker API": _get("/_ping", b"api-version:"),
    "RabbitMQ management": _get("/api/overview", b'"rabbitmq_version"', b'"management_version"'),
    "CouchDB": _get("/_all_dbs", b"["),
    "registry": _get("/v2/_catalog?n=1", b'"repositories"'),
    "Prometheus": _get("/api/v1/status/buildinfo", b'"goversion"'),
    "Alertmanager": _get("/api/v2/status", b'"versioninfo"'),
    "node exporter": _get("/", b"node exporter"),
    "cAdvisor": _get("/api/v1.3/version", b"."),
}
