"""What a restored copy is asked: the health paths of its routes, and `backup.proof.asks`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence

from ...backup.mariadb import MariadbServer
from ...errors import HostError, UsageError
from ...host_scripts import HostScript
from ...model.backup import BackupRun
from ...model.backup_settings import ProofQuestion
from ...model.deploy_settings import Route
from ...model.nearest_name import names_there
from .coming_up import LOOKS_EVERY, DrillFailed
from .project_copy import ProjectCopy
from .restored_copy import DatabaseServer, RestoredCopy

_HTTP = HostScript(__package__, "http_inside.sh")
_ANSWERS = 60.0
"""Seconds for which a server that does not answer yet, or says that it can't (5xx), is asked again."""
_LARGEST = (
    "SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate "
    "ORDER BY datname = 'postgres', pg_database_size(datname) DESC LIMIT 1"
)


def refuse_questions(asks: Sequence[ProofQuestion], routes: Sequence[Route], copy: ProjectCopy, run: BackupRun) -> None:
    """Before anything is restored. Pure. Raises UsageError for one that nobody in the copy can answer."""
    for question in asks:
        if question.sql:
            _refuse_sql(question, copy, run)
        elif _route_of(question, routes, copy.order) is None:
            asked = [route.service for route in routes if question.service in ("", route.service)]
            why = (
                f"{asked[0]} runs once, and is not in the copy" if asked else "no route says at which port it is asked"
            )
            raise UsageError(
                f"backup.proof.asks: {question.url}: {why}",
                hint="give a service a route in deploy.routes, and name it: `service: web`",
            )


def _refuse_sql(question: ProofQuestion, copy: ProjectCopy, run: BackupRun) -> None:
    where = f"backup.proof.asks: {question.sql}"
    if not copy.databases:
        raise UsageError(
            f"{where}: there is no PostgreSQL, MariaDB or MySQL in the backup of {run.taken}", hint="ask by `url`"
        )
    if question.data and question.data not in copy.databases:
        hint = names_there(question.data, copy.databases, "there is")
        raise UsageError(f"{where}: there is no database {question.data!r} in the backup of {run.taken}", hint=hint)
    name = question.data or next(iter(copy.databases))
    (data,) = (each for each in run.data if each.name == name)
    known = data.expected.get("databases")
    if question.database and known is not None and question.database not in known:
        hint = names_there(question.database, known, "there is")
        raise UsageError(f"{where}: {name} has no database {question.database!r}", hint=hint)


def _route_of(question: ProofQuestion, routes: Sequence[Route], services: Collection[str]) -> Route | None:
    """Of the service that is named, else the first one of the copy."""
    return next(
        (route for route in routes if question.service in ("", route.service) and route.service in services), None
    )


async def ask(restored: RestoredCopy, asks: Sequence[ProofQuestion], routes: Sequence[Route]) -> None:
    """Raises DrillFailed for an answer that is wrong."""
    for route in routes:
        if route.health and route.service in restored.started:
            await _answers(restored, route, route.health, lambda status: 200 <= status < 400, "200 to 399")
    for question in asks:
        if question.sql:
            await _sql_answers(restored, question)
            continue
        asked = _route_of(question, routes, restored.started)
        assert asked is not None, "refuse_questions was not called"
        wanted = question.status
        await _answers(restored, asked, question.url, wanted.__eq__, str(wanted))


async def _answers(
    restored: RestoredCopy, route: Route, path: str, is_good: Callable[[int], bool], wanted: str
) -> None:
    site = restored.site
    facts = await site.engine.get(f"/containers/{restored.started[route.service]}/json")
    networks = (facts["NetworkSettings"].get("Networks") or {}).values()
    address = next((each["IPAddress"] for each in networks if each.get("IPAddress")), "127.0.0.1")
    script = _HTTP.with_arguments(facts["State"]["Pid"], address, route.port, path, route.host)
    clock = asyncio.get_running_loop().time
    ends = clock() + _ANSWERS
    while True:
        done = await site.shell.run(script, seconds=30.0)
        said = done.output.strip()
        status = int(said) if said.isdecimal() else 0
        if is_good(status):
            restored.evidence.append(f"{path} at port {route.port} of {route.service} answered {status}")
            return
        if clock() > ends or 0 < status < 500:
            got = str(status or done.words or "no answer")
            raise DrillFailed(f"{route.service}: {path} at port {route.port} gave {got} and should give {wanted}")
        await asyncio.sleep(LOOKS_EVERY)


async def _sql_answers(restored: RestoredCopy, question: ProofQuestion) -> None:
    name = question.data or next(iter(restored.copy.databases))
    if name not in restored.servers:
        raise DrillFailed(f"{question.sql}: the database of {name} lets nobody in who could ask it")
    try:
        answer = await _value_of(restored.servers[name], question)
    except HostError as error:  # the table is not there, say
        raise DrillFailed(f"{question.sql}: {error.says}") from None
    good = (
        _number(answer) >= question.at_least
        if question.at_least is not None
        else answer == str(question.equals) or _number(answer) == question.equals
    )
    if not good:
        wanted = f"at least {question.at_least:g}" if question.at_least is not None else str(question.equals)
        raise DrillFailed(f"{question.sql}: {answer or 'nothing'}, and should be {wanted}")
    restored.evidence.append(f"{question.sql}: {answer}")


async def _value_of(server: DatabaseServer, question: ProofQuestion) -> str:
    database = question.database
    if not database and isinstance(server, MariadbServer):
        database = await server.largest_database()
    elif not database:
        database = await server.value(_LARGEST, "template1")
    return await server.value(question.sql, database)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
