"""Services are asked one harmless question, and what they answer to it is understood."""

from __future__ import annotations

import asyncio
import contextlib
import struct
import time
from collections.abc import AsyncIterator, Callable

import pytest

from dockworthy.facts import open_services
from dockworthy.facts.open_services import MOST, ask_services
from dockworthy.facts.open_services.candidates import Candidate
from dockworthy.facts.open_services.questions import LIST_DATABASES
from dockworthy.model.field import Set
from dockworthy.model.services import QuestionOutcome
from facts.services_asked import ask, free_port

Reply = Callable[[bytes], bytes]


@contextlib.asynccontextmanager
async def fake(reply: Reply, *, silent: bool = False) -> AsyncIterator[int]:
    """A server that answers each request by `reply` of it; a `silent` one takes it and says nothing till the end."""
    over, talks = asyncio.Event(), set[asyncio.Task[None]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        assert talk is not None
        talks.add(talk)
        with contextlib.suppress(OSError):
            request = await reader.read(4096)
            if silent:
                await over.wait()
            else:
                writer.write(reply(request))
                await writer.drain()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        over.set()
        server.close()
        await server.wait_closed()
        await asyncio.gather(*talks)


def http(status: str, body: str, head: str = "") -> Reply:
    return lambda _: f"HTTP/1.1 {status}\r\n{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def mongo(document: bytes) -> Reply:
    body = struct.pack("<i", len(document) + 5) + document + b"\0"
    return lambda _: struct.pack("<iiiiI", 21 + len(body), 7, 1, 2013, 0) + b"\0" + body


def postgres(kind: bytes, body: bytes) -> Reply:
    return lambda _: kind + struct.pack(">i", len(body) + 4) + body


OK, NOT_OK = b"\x01ok\0" + struct.pack("<d", 1.0), b"\x01ok\0" + struct.pack("<d", 0.0)


def code(number: int) -> bytes:
    return b"\x10code\0" + struct.pack("<i", number)


@pytest.mark.parametrize(
    ("service", "reply", "expected"),
    [
        ("Elasticsearch", http("200 OK", '{"name":"a","cluster_name":"c"}'), QuestionOutcome.OPEN),
        ("Elasticsearch", http("401 Unauthorized", "{}"), QuestionOutcome.PASSWORD),
        ("Elasticsearch", http("200 OK", "<html>It works!</html>"), QuestionOutcome.OTHER),
        ("Elasticsearch", http("400 Bad Request", "plain HTTP to HTTPS"), QuestionOutcome.OTHER),
        ("Docker API", http("200 OK", "OK", "Api-Version: 1.52\r\n"), QuestionOutcome.OPEN),
        ("Docker API", http("403 Forbidden", "no"), QuestionOutcome.PASSWORD),
        ("RabbitMQ management", http("401 Unauthorized", "{}"), QuestionOutcome.PASSWORD),
        ("Prometheus", http("200 OK", '{"data":{"goVersion":"go1"}}'), QuestionOutcome.OPEN),
        ("registry", http("200 OK", '{"repositories":["shop"]}'), QuestionOutcome.OPEN),
        ("registry", http("401 Unauthorized", ""), QuestionOutcome.PASSWORD),
        ("CouchDB", http("200 OK", '["_users"]'), QuestionOutcome.OPEN),
        ("MongoDB", mongo(OK), QuestionOutcome.OPEN),
        ("MongoDB", mongo(NOT_OK + code(13)), QuestionOutcome.PASSWORD),
        ("MongoDB", mongo(NOT_OK + code(59)), QuestionOutcome.OTHER),
        ("MongoDB", lambda _: b"It looks like you are trying to access MongoDB over HTTP", QuestionOutcome.OTHER),
        ("PostgreSQL", postgres(b"R", struct.pack(">i", 0)), QuestionOutcome.OPEN),
        ("PostgreSQL", postgres(b"R", struct.pack(">i", 10) + b"SCRAM-SHA-256\0\0"), QuestionOutcome.PASSWORD),
        ("PostgreSQL", postgres(b"E", b"SFATAL\0C28000\0Mno pg_hba.conf entry for host\0\0"), QuestionOutcome.PASSWORD),
        ("PostgreSQL", postgres(b"E", b'SFATAL\0C28000\0Mrole "postgres" does not exist\0\0'), QuestionOutcome.OTHER),
        ("Redis", lambda _: b"-DENIED Redis is running in protected mode\r\n", QuestionOutcome.PASSWORD),
        ("Redis", lambda _: b"\x15\x03\x01\x00\x02\x02\x16", QuestionOutcome.OTHER),
        ("Redis", lambda _: b"", QuestionOutcome.SILENT),
        ("memcached", lambda _: b"CLIENT_ERROR unauthenticated\r\n", QuestionOutcome.PASSWORD),
    ],
)
async def test_what_an_answer_means(service: str, reply: Reply, expected: QuestionOutcome) -> None:
    async with fake(reply) as port:
        assert (await ask(service, port)).answered is expected


async def test_mongo_is_asked_for_a_list_in_its_own_protocol() -> None:
    seen: list[bytes] = []

    def keep(request: bytes) -> bytes:
        seen.append(request)
        return mongo(OK)(request)

    async with fake(keep) as port:
        await ask("MongoDB", port)
    assert seen == [LIST_DATABASES]
    length, _, _, opcode = struct.unpack_from("<iiii", LIST_DATABASES)
    assert (length, opcode) == (len(LIST_DATABASES), 2013)
    assert struct.unpack_from("<i", LIST_DATABASES, 21) == (len(LIST_DATABASES) - 21,)


async def test_a_silent_port_is_not_waited_for_until_the_end_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_services, "SECONDS", None)  # no limit of all
    async with fake(lambda _: b"", silent=True) as slow:
        field = await ask_services([Candidate("Redis", "127.0.0.1", slow, "0.0.0.0")])
    assert isinstance(field, Set) and field.value[0].answered is QuestionOutcome.SILENT
    assert (await ask("Redis", free_port())).answered is QuestionOutcome.SILENT


async def test_no_more_than_the_most_are_asked_and_all_together_in_time() -> None:
    async with fake(lambda _: b"", silent=True) as slow:
        began = time.monotonic()
        await ask_services([Candidate("Redis", "127.0.0.1", slow, "0.0.0.0")])
        one = time.monotonic() - began
        field = await ask_services([Candidate("Redis", "127.0.0.1", slow, "0.0.0.0")] * (MOST + 10))
        both = time.monotonic() - began
    assert both < one * MOST / 2, "one after the other they would take much longer"
    assert isinstance(field, Set)
    assert len(field.value) == MOST
