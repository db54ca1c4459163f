"""The drill: the newest backup, restored into a copy of the project that reaches nobody; the data compared with what
was saved, the services started and asked. Then faults of its own making, which it must see: else it proves nothing.

All that it makes carries this run's label, and goes at its end; what a killed run left, the next one removes."""

from __future__ import annotations

import asyncio
import posixpath
import secrets
import shlex
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec import Struct

from ... import __version__
from ...backup.differences import differences
from ...backup.files import survey
from ...backup.folders import fill_folder
from ...backup.postgresql import (
    PostgresqlServer,
    drop_database,
    found_in,
    load_database,
    load_globals,
)
from ...backup.repository import Repository
from ...backup.runs import opened, run_at, runs_in
from ...backup.sqlite import sees_a_row_less
from ...deploy.compose_command import ComposeCommand
from ...deploy.rendering import compose_files
from ...engine.docker_command import Docker
from ...engine.site import Site, reach
from ...errors import DockworthyError, HostAway, HostError, UsageError
from ...fix.verify.images import LocalImage, look_up
from ...fix.verify.owner import RunOwner, this_process
from ...fix.verify.project import NotStarted, ScratchProject
from ...fix.verify.removal import clean_leftovers, remove_all, run_folder
from ...host_scripts import HostScript
from ...interruption import to_its_end
from ...model.backup import BackupMethod, BackupRun, SavedData
from ...model.backup_settings import BackupSettings, ProofQuestion, interval_seconds
from ...model.deploy_settings import DeploySettings
from ...model.drill_proof import DrillProof, NegativeControl
from ...model.labels import COMPOSE_PROJECT, COMPOSE_SERVICE
from ...model.saying import Say
from ..ledger import ledger_of
from .project_copy import ProjectCopy, copy_of

_HTTP = HostScript(__package__, "http_inside.sh")
_COMES_UP = 180.0
"""Seconds in which a service of the copy must run, and be healthy where it has a health check."""
_LOOKS_EVERY = 0.5
_LAPSES_AFTER = 2
"""Intervals of `backup.proof.every`: one drill may be missed."""


class RestoreDrill(Struct, frozen=True, kw_only=True):
    """What came of it: the proofs that were written, and what the copy lacked."""

    proofs: tuple[DrillProof, ...]
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return all(each.passed for each in self.proofs)


class DrillFailed(HostError):
    """The restored copy does not do what it must."""


class _Measured(Struct):
    """What one run sees. `faults`: those it made, and whether it saw them."""

    evidence: list[str]
    faults: list[NegativeControl]
    rto: float = 0.0


async def drill_restore(
    endpoint: str,
    scope: str,
    backup: BackupSettings,
    deploy: DeploySettings,
    *,
    folder: Path,
    at: str,
    place: str,
    sudo: bool,
    say: Say,
) -> RestoreDrill:
    """Drills a restore of the project `scope`, whose Compose files lie in `folder`, and writes what it proved, or that
    it failed. Raises UsageError for what can't be drilled, HostError and EngineError where host or engine fail it: then
    nothing is proven either way."""
    async with (
        reach(endpoint, command="drill restore", sudo=sudo) as site,
        opened(site, backup, place) as (store, said),
    ):
        for note in said:
            say(note)
        run = run_at(await runs_in(store, scope), at)
        _refuse_questions(backup.proof.asks, deploy)
        say(f"restoring the backup of {run.taken} from {store.shown}")
        compose = ComposeCommand(site.docker_host, str(folder))
        rendered = (await compose.config(compose_files(folder, deploy), deploy.project)).to_json()
        measured = _Measured([f"backup {run.id} of {run.taken} in {store.shown}"], [])
        notes: tuple[str, ...] = ()
        why = ""
        async with _scratch(site, rendered, run, deploy) as (copy, project):
            notes = copy.notes
            try:
                await _restored_and_tried(site, store, run, copy, project, backup, deploy, measured, say)
            except HostAway:
                raise
            except (HostError, NotStarted) as failed:  # what can't be loaded is not restored
                why = failed.says
        proofs = _proofs(scope, run, measured, why, backup)
        ledger = await ledger_of(site)
        for proof in proofs:
            await ledger.write(proof)
        return RestoreDrill(proofs=proofs, notes=notes)


@asynccontextmanager
async def _scratch(
    site: Site, rendered: Mapping[str, Any], run: BackupRun, deploy: DeploySettings
) -> AsyncIterator[tuple[ProjectCopy, ScratchProject]]:
    """The copy, not started yet; all of it is removed at the end, whatever ends it."""
    docker = Docker(site.docker_host)
    await clean_leftovers(docker)
    owner = this_process()
    folder = run_folder(owner)
    try:
        images = await _images(site, docker, rendered)
        copy = copy_of(rendered, images, owner, run.data, without=deploy.jobs.services)
        for volume in copy.volumes.values():
            await site.engine.send("POST", "/volumes/create", {"Name": volume, "Labels": owner.labels})
        yield copy, ScratchProject(docker, site.engine, owner, folder, copy.config, {})
    finally:
        await to_its_end(_removed(docker, owner, folder))


async def _removed(docker: Docker, owner: RunOwner, folder: Path) -> None:
    import shutil

    await remove_all(docker, owner.run, images=False)
    shutil.rmtree(folder, ignore_errors=True)


async def _images(site: Site, docker: Docker, rendered: Mapping[str, Any]) -> dict[str, LocalImage]:
    """Service -> the image that its container runs now, else the one that the file names. Raises UsageError for one
    that is not here."""
    project = str(rendered.get("name") or "")
    listed = await site.engine.get("/containers/json")
    running = {
        each["Labels"].get(COMPOSE_SERVICE): str(each["ImageID"])
        for each in listed
        if (each.get("Labels") or {}).get(COMPOSE_PROJECT) == project
    }
    found: dict[str, LocalImage] = {}
    for name, service in rendered["services"].items():
        wanted = running.get(name) or str(service.get("image") or f"{project}-{name}")
        image = await look_up(docker, wanted)
        if image is None:
            raise UsageError(f"{name}: its image {wanted} is not on {site.name}", hint="docker compose pull, or build")
        found[name] = image
    return found


async def _restored_and_tried(
    site: Site,
    store: Repository,
    run: BackupRun,
    copy: ProjectCopy,
    project: ScratchProject,
    backup: BackupSettings,
    deploy: DeploySettings,
    measured: _Measured,
    say: Say,
) -> None:
    """Raises DrillFailed or NotStarted for what a restore would not bring back."""
    clock = asyncio.get_running_loop().time
    began = clock()
    files = [each for each in run.data if each.name in copy.volumes and each.name not in copy.databases]
    folders = {each.name: await _mountpoint(site, copy.volumes[each.name]) for each in files}
    for data in files:
        say(f"{data.name}: {data.kind}")
        if wrong := await fill_folder(site, store, data, folders[data.name]):
            raise DrillFailed(f"{data.name}: {'; '.join(wrong[:3])}")
        measured.evidence.append(f"{data.name}: {_held_in_words(data)}")
    servers: dict[str, PostgresqlServer] = {}
    for data in run.data:
        if service := copy.databases.get(data.name):
            say(f"{data.name}: {data.kind} in {service}")
            server = servers[data.name] = await _database(site, project, service)
            await load_globals(server, store, data.snapshots["globals"])
            for database, expected in data.expected["databases"].items():
                await drop_database(server, database)
                snapshot = data.snapshots[f"database/{database}"]
                await load_database(server, store, snapshot, expected["properties"], into=database)
                await _must_match(server, database, expected)
            measured.evidence.append(f"{data.name}: {_tables_in_words(data)}")
    lost = [each.name for each in run.data if each.name not in copy.volumes and "dump" not in each.snapshots]
    if lost:
        raise DrillFailed(f"{', '.join(lost)} was saved, and no service of the project mounts it")
    started = {service: await project.container(service) for service in copy.databases.values()}
    for service in copy.order:
        if service not in started:
            started[service] = await project.start(service)
    for service, container in started.items():
        await _comes_up(site, project, service, container)
    await _asked(site, started, servers, backup.proof.asks, deploy, measured)
    measured.rto = round(clock() - began, 1)
    say(f"the copy answers, {measured.rto:g} s after the restore began; now faults of this drill's own making")
    await _see_faults(site, store, run, folders, servers, measured)


async def _must_match(server: PostgresqlServer, database: str, expected: Mapping[str, Any]) -> None:
    if found := differences(expected, await found_in(server, database)):
        raise DrillFailed(f"{server.name}, {database}: {'; '.join(found[:3])}")


async def _database(site: Site, project: ScratchProject, service: str) -> PostgresqlServer:
    """Its container, with an empty cluster that its image made. Raises DrillFailed where it lets nobody in."""
    server = PostgresqlServer(site, await project.start(service), service)
    clock = asyncio.get_running_loop().time
    ends = clock() + _COMES_UP
    while True:
        try:
            await server.find_login()
            return server
        except HostError as error:
            if clock() > ends:
                raise DrillFailed(f"an empty {service} does not come up: {error.says}") from None
            await asyncio.sleep(_LOOKS_EVERY)


async def _mountpoint(site: Site, volume: str) -> str:
    return str((await site.engine.get(f"/volumes/{volume}"))["Mountpoint"])


async def _comes_up(site: Site, project: ScratchProject, service: str, container: str) -> None:
    clock = asyncio.get_running_loop().time
    ends = clock() + _COMES_UP
    while True:
        state = (await project.inspect(container))["State"]
        health = (state.get("Health") or {}).get("Status")
        if state.get("Running") and health in (None, "none", "healthy"):
            return
        ended = state.get("Status") == "exited" and not state.get("ExitCode")
        if ended:  # a job that has done its work
            return
        if clock() > ends or health == "unhealthy":
            said = " / ".join((await project.log(container))[-3:])[:300]
            how = f"is {health or state.get('Status')}"
            raise DrillFailed(f"{service} {how} with the restored data{f': {said}' if said else ''}")
        await asyncio.sleep(_LOOKS_EVERY)


async def _asked(
    site: Site,
    started: Mapping[str, str],
    servers: Mapping[str, PostgresqlServer],
    asks: Sequence[ProofQuestion],
    deploy: DeploySettings,
    measured: _Measured,
) -> None:
    """The health paths of routes, and what `backup.proof.asks` asks."""
    routes = [route for route in deploy.routes if route.service in started]
    for route in routes:
        if route.health:
            await _answers(site, started[route.service], route.port, route.health, route.host, 200, measured)
    for question in asks:
        if question.sql:
            await _sql_answers(question, servers, measured)
            continue
        route = next(route for route in routes if question.service in ("", route.service))
        await _answers(site, started[route.service], route.port, question.url, route.host, question.status, measured)


def _refuse_questions(asks: Sequence[ProofQuestion], deploy: DeploySettings) -> None:
    """Before anything is restored. Raises UsageError for a path that no route leads to."""
    for question in asks:
        if question.url and not any(question.service in ("", route.service) for route in deploy.routes):
            raise UsageError(
                f"backup.proof.asks: {question.url}: no route says at which port it is asked",
                hint="give the service a route in deploy.routes, and name it: `service: web`",
            )


async def _answers(
    site: Site, container: str, port: int, path: str, host: str, status: int, measured: _Measured
) -> None:
    facts = await site.engine.get(f"/containers/{container}/json")
    networks = (facts["NetworkSettings"].get("Networks") or {}).values()
    address = next((each["IPAddress"] for each in networks if each.get("IPAddress")), "127.0.0.1")
    pid = facts["State"]["Pid"]
    done = await site.hand.run(_HTTP.with_arguments(pid, address, port, path, host), seconds=30.0)
    if done.status or done.output.strip() != str(status):
        got = done.output.strip() or done.words or "no answer"
        raise DrillFailed(f"{facts['Name'].lstrip('/')}: {path} at port {port} gave {got} and should give {status}")
    measured.evidence.append(f"{path} at port {port} answered {status}")


async def _sql_answers(question: ProofQuestion, servers: Mapping[str, PostgresqlServer], measured: _Measured) -> None:
    if not servers or (question.data and question.data not in servers):
        raise UsageError(f"backup.proof.asks: {question.sql}: there is no database {question.data!r} in the backup")
    server = servers[question.data or next(iter(servers))]
    database = question.database or await _largest_database(server)
    answer = await server.value(question.sql, database)
    good = (
        _number(answer) >= question.at_least
        if question.at_least is not None
        else answer == str(question.equals) or _number(answer) == question.equals
    )
    if not good:
        wanted = f"at least {question.at_least:g}" if question.at_least is not None else str(question.equals)
        raise DrillFailed(f"{question.sql}: {answer or 'nothing'}, and should be {wanted}")
    measured.evidence.append(f"{question.sql}: {answer}")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


async def _largest_database(server: PostgresqlServer) -> str:
    return await server.value(_LARGEST, "template1")


_LARGEST = (
    "SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate "
    "ORDER BY datname = 'postgres', pg_database_size(datname) DESC LIMIT 1"
)


async def _see_faults(
    site: Site,
    store: Repository,
    run: BackupRun,
    folders: Mapping[str, str],
    servers: Mapping[str, PostgresqlServer],
    measured: _Measured,
) -> None:
    """Each fault is one that a bad backup or restore has had. Raises DrillFailed for one that is not seen."""
    for data in run.data:
        if server := servers.get(data.name):
            for database, expected in data.expected["databases"].items():
                if table := next((name for name, said in expected["tables"].items() if said["rows"]), None):
                    await server.value(_ONE_ROW_FEWER.format(table=table), database)
                    seen = bool(differences(expected, await found_in(server, database)))
                    measured.faults.append(NegativeControl(f"one row fewer in {table} of {database}", seen))
                    break
            continue
        folder = folders.get(data.name)
        if folder and data.method is BackupMethod.SQLITE:
            if taken := await sees_a_row_less(site, store, data, f"{folder}.fault"):
                measured.faults.append(NegativeControl(f"one row fewer in {taken[0]}", taken[1]))
        elif folder and data.expected.get("files"):
            await site.hand.run(
                f"find {shlex.quote(folder)} -xdev -type f | head -n 1 | tr '\\n' '\\0' | xargs -0 rm --"
            )
            seen = await survey(site, folder) != data.expected
            measured.faults.append(NegativeControl(f"one file fewer in {data.name}", seen))
    wrong = f"{posixpath.join(site.state, 'backup')}/drill-{secrets.token_hex(4)}.key"
    await site.hand.run(f"umask 077; head -c 32 /dev/urandom | base64 >{shlex.quote(wrong)}")
    try:
        await Repository(site.hand, store.place, wrong, site.state).ready(create=False)
        measured.faults.append(NegativeControl("another key opens the repository", False))
    except DockworthyError:
        measured.faults.append(NegativeControl("another key", True))
    finally:
        await site.hand.run(f"rm -f {shlex.quote(wrong)}")
    if blind := [each.fault for each in measured.faults if not each.seen]:
        raise DrillFailed(f"this drill does not see a fault of its own making, so it proves nothing: {blind[0]}")
    measured.evidence += (f"seen, as it must be: {each.fault}" for each in measured.faults)


_ONE_ROW_FEWER = (
    "SET session_replication_role = replica; "
    "DELETE FROM {table} WHERE ctid = (SELECT ctid FROM {table} LIMIT 1); SELECT 1"
)


def _held_in_words(data: SavedData) -> str:
    files = f"{data.expected['files']:,} files, {data.expected['bytes']:,} bytes"
    return f"{_tables_in_words(data)}; {files}" if "databases" in data.expected else files


def _tables_in_words(data: SavedData) -> str:
    databases: Mapping[str, Any] = data.expected["databases"]
    tables = [table for each in databases.values() for table in each["tables"].values()]
    return f"{len(databases)} databases, {len(tables)} tables, {sum(each['rows'] for each in tables):,} rows as saved"


def _proofs(
    scope: str, run: BackupRun, measured: _Measured, why: str, backup: BackupSettings
) -> tuple[DrillProof, ...]:
    now = datetime.now(UTC)
    taken = datetime.fromisoformat(run.taken)
    lapses = now + timedelta(seconds=_LAPSES_AFTER * interval_seconds(backup.proof.every))
    numbers = {"rpo": max(0.0, round((now - taken).total_seconds(), 0))}
    if measured.rto:
        numbers["rto"] = measured.rto
    what = f"the backup of {run.taken} of {scope}"
    says = f"{what} was restored, and its copy answered after {measured.rto:g} s" if not why else f"{what}: {why}"
    claims = ["1.backup", *(["3.db-backup"] if any("globals" in each.snapshots for each in run.data) else [])]
    return tuple(
        DrillProof(
            claim=claim,
            subject=f"project/{scope}",
            drill="restore",
            at=_moment(now),
            passed=not why,
            lapses=_moment(lapses),
            says=says,
            measured=numbers,
            negative_control=measured.faults[0] if measured.faults else None,
            evidence=tuple(measured.evidence),
            version=__version__,
            restored=run.id,
        )
        for claim in claims
    )


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
