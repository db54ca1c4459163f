"""Asks services of this host, from this host, one harmless question each, to see whether they want a password.

Only those that listen on an address which others may reach, and whose port, program or image says what they are. At
most `MOST` at once and all together within `SECONDS`; nothing is written, no user is named, no password is tried.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence

from ...model.field import Field, Origin, Set, Source, Unknown
from ...model.host import Host
from ...model.services import QuestionOutcome, ServiceAnswer
from ...model.snapshot import EngineFacts
from .candidates import Candidate, candidates_of, own_address
from .questions import QUESTIONS, ServiceQuestion

MOST = 16
SECONDS = 3.0
_EACH = 2.0
"""On a busy host a database that begins a process for each client took more than half a second to answer. They are all
asked at once: it is waited as long only where one is silent."""
_READ = 4096

SOURCE = Source("asked from this host")


Connect = Callable[[str, int], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]
"""As asyncio.open_connection: connections that start on the host that was read."""


async def read_open_services(
    host: Host,
    engine: EngineFacts,
    *,
    here: bool,
    wanted: bool = True,
    connect: Connect = asyncio.open_connection,
    own: str | None = None,
) -> Field[tuple[ServiceAnswer, ...]]:
    """`here`: do connections start on the host that was read, in its own network? `wanted`: may they be asked? `own`:
    the host's address, where this program does not run there itself."""
    if not wanted:
        return Unknown("the host's services were not asked whether they want a password: that was switched off")
    if not here:
        return Unknown("the host's services were not asked: this is another machine", "run dockworthy on that host")
    if isinstance(host.listeners, Unknown):
        return host.listeners
    return await ask_services(candidates_of(host, engine, own_address() if own is None else own), connect)


async def ask_services(
    candidates: Sequence[Candidate], connect: Connect = asyncio.open_connection
) -> Field[tuple[ServiceAnswer, ...]]:
    """The answers of the first `MOST`, in their order. Never raises."""
    asked = [candidate for candidate in candidates if candidate.service in QUESTIONS][:MOST]
    tasks = [asyncio.create_task(_ask(candidate, connect)) for candidate in asked]
    if tasks:
        await asyncio.wait(tasks, timeout=SECONDS)
    answers = [
        task.result() if task.done() else _answer(candidate, QuestionOutcome.SILENT, "")
        for candidate, task in zip(asked, tasks, strict=True)
    ]
    for task in tasks:
        task.cancel()
    return Set(tuple(answers), SOURCE, Origin.MEASURED)


async def _ask(candidate: Candidate, connect: Connect) -> ServiceAnswer:
    question = QUESTIONS[candidate.service]
    try:
        reply = await asyncio.wait_for(_talk(candidate, question, connect), _EACH)
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return _answer(candidate, QuestionOutcome.SILENT, "")
    if not reply:
        return _answer(candidate, QuestionOutcome.SILENT, "")
    return _answer(candidate, question.meaning(reply), _readable(reply))


async def _talk(candidate: Candidate, question: ServiceQuestion, connect: Connect) -> bytes:
    """Connects, asks, reads one piece of the answer, says goodbye where the protocol has a word for it."""
    reader, writer = await connect(candidate.address, candidate.port)
    try:
        writer.write(question.text)
        await writer.drain()
        reply = await reader.read(_READ)
        while question.more is not None and question.more(reply) and (piece := await reader.read(_READ)):
            reply += piece
        with contextlib.suppress(OSError):  # it may have hung up already
            writer.write(question.goodbye)
            await writer.drain()
        return reply
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _answer(candidate: Candidate, answered: QuestionOutcome, says: str) -> ServiceAnswer:
    return ServiceAnswer(
        service=candidate.service,
        address=candidate.address,
        port=candidate.port,
        bound=candidate.bound,
        answered=answered,
        asked=QUESTIONS[candidate.service].words,
        says=says,
        container=candidate.container,
        inside=candidate.inside,
        program=candidate.program,
    )


def _readable(reply: bytes) -> str:
    """The first line as text, short, without what is none."""
    line = reply.split(b"\n", 1)[0][:60].decode("ascii", "replace")
    return "".join(sign if sign.isprintable() and sign != "�" else " " for sign in line).strip()
