"""The page for the day on which host and dockworthy are gone: where the backups are, their key, and the commands that
bring the data back with restic and the databases' own programs alone."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterator

from msgspec import convert

from ..model.backup import BackupRun, DataKind, SavedData, SavedLog
from ..model.counts import number_of
from ..model.dump_place import DumpPlace


def render_kit(run: BackupRun, places: tuple[str, ...], key: str) -> str:
    """Its indented lines are commands, nothing else is. `places` and `key` are shown as they are: the page is worth as
    much as the backups."""
    return "\n".join(_lines(run, places, key)) + "\n"


def _lines(run: BackupRun, places: tuple[str, ...], key: str) -> Iterator[str]:
    yield f"# To restore {run.scope or 'the data of ' + run.host} without dockworthy"
    yield ""
    yield f"Printed for the backup of {run.taken} ({run.id}) of the host {run.host}. Keep this page off that host:"
    yield "whoever has it and the repository can read everything. A newer page names a newer backup."
    yield ""
    if run.scope:
        yield "With dockworthy, on any machine that reaches the new host by ssh, and the key in a file:"
        yield ""
        yield f"`dockworthy restore --on ssh://root@NEW --from {places[0]} --project {run.scope} --key FILE`"
        yield ""
    yield "## 1. The repository"
    yield ""
    yield "Needed: restic 0.17 or newer (`apt install restic`). In a new empty folder:"
    yield ""
    yield f"    printf '%s\\n' {shlex.quote(key)} >key && chmod 600 key"
    yield f"    export RESTIC_PASSWORD_FILE=key RESTIC_REPOSITORY={shlex.quote(places[0])}"
    yield "    restic snapshots --tag dockworthy"
    yield ""
    for other in places[1:]:
        yield f"The same data is in {other}."
        yield ""
    yield "The tags of a snapshot say what it is: `dockworthy:data=NAME`, `dockworthy:part=…`, and `dockworthy:run=…`,"
    yield "which is the same for all of one backup. Only backups with a snapshot `dockworthy:part=manifest` are whole."
    yield ""
    yield "## 2. The data"
    for data in run.data:
        yield ""
        yield f"### {data.name} ({data.kind.value}{f' {data.version}' if data.version else ''}, {data.method.value})"
        yield ""
        yield from _commands(data)
        if data.log is not None:
            yield from _to_a_moment(run, data, data.log)
    yield ""
    yield "## 3. The project itself"
    yield ""
    for part, snapshot in run.also.items():
        if part == "project":
            yield "Compose files and dockworthy.yaml:"
            yield ""
            yield f"    restic dump {snapshot[:16]} project.tar | tar -xf -"
        else:
            yield f"The {part}, with the secrets that belong to them:"
            yield ""
            yield f"    restic restore {snapshot[:16]} --target {part}"
        yield ""
    yield from _images(run)


def _images(run: BackupRun) -> Iterator[str]:
    saved = [each for each in run.images if each.snapshot]
    if not saved:
        return
    yield "Images that no registry has:"
    yield ""
    for image in saved:
        yield f"    restic dump {image.snapshot[:16]} image.tar | docker load"
        for name in image.names:
            yield f"    docker tag {image.id} {shlex.quote(name)}"
    yield ""


def _commands(data: SavedData) -> Iterator[str]:
    if "users" in data.snapshots:
        yield from _of_mariadb(data)
    elif "globals" in data.snapshots:
        yield "Start an empty PostgreSQL of that version or newer, and call its container `db` here:"
        yield ""
        load = "docker exec -i db psql -U postgres -v ON_ERROR_STOP=1"
        # Roles that are there already are no fault.
        yield f"    restic dump {data.snapshots['globals'][:16]} globals.sql | docker exec -i db psql -U postgres"
        for part, snapshot in data.snapshots.items():
            if part != "globals":
                name = part.removeprefix("database/")
                quoted = '"' + name.replace('"', '""') + '"'
                if name != "postgres":
                    create = shlex.quote(f"CREATE DATABASE {quoted} TEMPLATE template0")
                    yield f"    docker exec db psql -U postgres -c {create}"
                one = f"{load} --single-transaction -d {shlex.quote(name)} -f -"
                yield f"    restic dump {snapshot[:16]} dump.sql | {one}"
        yield ""
        yield "What must be there then:"
        yield ""
        yield from _tables(data)
    elif "databases" in data.snapshots:
        where = _folder_of(data)
        files = f"{data.snapshots['files'][:16]}:{shlex.quote(data.path)}"
        databases = f"{data.snapshots['databases'][:16]}:{shlex.quote(data.copies)}"
        yield f"    mkdir {where} && restic restore {files} --target {where}"
        yield f"    restic restore {databases} --target {where}"
        yield ""
        yield f"Then {where} has {_files(data)}, and the databases:"
        yield ""
        yield from _tables(data)
        yield ""
        yield from _copied_to(data)
    elif "rdb" in data.snapshots:
        yield from _commands_of_dump(data)
    elif "dump" in data.snapshots:
        container = data.service or "CONTAINER"
        yield f"Your own command takes it back, in the container of its service, which is called `{container}` here:"
        yield ""
        takes = f"docker exec -i {shlex.quote(container)} sh -c {shlex.quote(data.restore or 'YOUR COMMAND')}"
        yield f"    restic dump {data.snapshots['dump'][:16]} dump | {takes}"
    else:
        where = _folder_of(data)
        folder, _, file = data.path.rpartition("/") if data.single else (data.path, "", "")
        source = f"{data.snapshots['files'][:16]}:{shlex.quote(folder or '/')}"
        yield f"    mkdir {where} && restic restore {source} --target {where}"
        yield ""
        yield f"Then {where} has {_files(data)}."
        yield from _copied_to(data, f"the file {file}" if file else "them")


def _files(data: SavedData) -> str:
    files, size = (int(data.expected.get(each, 0)) for each in ("files", "bytes"))
    return f"{number_of(files, 'file')} with {number_of(size, 'byte')}"


def _to_a_moment(run: BackupRun, data: SavedData, log: SavedLog) -> Iterator[str]:
    """By the copy of the whole server and its log, in place of the dumps."""
    folder = shlex.quote(f"{''.join(each if each.isalnum() else '-' for each in data.name)}-server")
    tags = f"dockworthy:run={run.id},dockworthy:part=log,dockworthy:chain={log.chain}"
    settings = r"restore_command = 'false'\nrecovery_target_action = 'promote'\n"
    yield ""
    yield f"Or to any second since {log.ended}, as far as its log was saved: all of the server, in place of the dumps."
    yield ""
    yield f"    mkdir -m 700 {folder} && restic dump {log.base[:16]} base.tar | tar -xf - --numeric-owner -C {folder}"
    yield f"    restic restore latest --tag {tags} --target log"
    yield f"    find log -path '*/received/*' -type f -exec mv {{}} {folder}/pg_wal/ \\;"
    yield f'    for part in {folder}/pg_wal/*.partial; do mv "$part" "${{part%.partial}}"; done'
    yield f"    printf {shlex.quote(settings)} >>{folder}/postgresql.auto.conf && touch {folder}/recovery.signal"
    yield f"    chown -R --reference={folder}/PG_VERSION {folder}"
    yield ""
    yield "For another moment than the last one add to postgresql.auto.conf:"
    yield "recovery_target_time = '2026-12-02 10:15:03+00'. Then start PostgreSQL with that folder as its data folder,"
    yield "alone, until it answers; and take the added lines out of postgresql.auto.conf again."


def _of_mariadb(data: SavedData) -> Iterator[str]:
    """Also of MySQL. Accounts come last: root has the saved password from then on."""
    product, client = ("MySQL", "mysql") if data.kind is DataKind.MYSQL else ("MariaDB", "mariadb")
    variable = f"{product.upper()}_ROOT_PASSWORD"
    yield f"Start an empty {product} of that version or newer, without scripts of its own, and call its container `db`:"
    image = f"{product.lower()}:{data.version or 'VERSION'}"
    yield f"`docker run --detach --name db --env {variable}=… {image}`. Wait until its log says for the"
    yield "second time that it is ready. Accounts come last, and root has the saved password from then on:"
    yield ""
    words = f'MYSQL_PWD="${variable}" exec {client} --user=root --max-allowed-packet=1G'
    if snapshot := data.snapshots.get("server"):
        load = shlex.quote(f"{words} --force")
        yield f"    restic dump {snapshot[:16]} server.sql | docker exec -i db sh -c {load}"
    if snapshot := data.snapshots.get("all-databases"):
        load = shlex.quote(f"{words} --binary-mode --default-character-set=utf8mb4")
        yield f"    restic dump {snapshot[:16]} dump.sql | docker exec -i db sh -c {load}"
    load = shlex.quote(f"{words} --force --default-character-set=utf8mb4")  # rights of what is gone are no fault
    yield f"    restic dump {data.snapshots['users'][:16]} users.sql | docker exec -i db sh -c {load}"
    yield ""
    yield "What must be there then:"
    yield ""
    yield from _tables(data)


def _tables(data: SavedData) -> Iterator[str]:
    """What they hold. Who may make a table names it, also with line breaks: no name begins a line of the page."""
    for database, expected in data.expected.get("databases", {}).items():
        for table, said in expected.get("tables", {}).items():
            yield f"- {_one_line(database)}: {_one_line(table)}: {number_of(said['rows'], 'row')}"


def _one_line(name: str) -> str:
    return " ".join(name.splitlines())


def _commands_of_dump(data: SavedData) -> Iterator[str]:
    place = convert(data.expected["server"], DumpPlace)
    where = _folder_of(data)
    file, (manifest, line) = place.file, place.manifest
    files = f"{data.snapshots['files'][:16]}:{shlex.quote(data.path)}"
    yield f"    mkdir {where} && restic restore {files} --target {where}"
    if manifest:
        folder = f"{where}/{shlex.quote(posixpath.dirname(file))}"
        yield f"    mkdir -p {folder} && chown {place.owner} {folder}"
    yield f"    restic dump {data.snapshots['rdb'][:16]} dump.rdb >{where}/{shlex.quote(file)}"
    if manifest:
        yield f"    echo {shlex.quote(line)} >{where}/{shlex.quote(manifest)}"
    for each in (file, *([manifest] if manifest else [])):
        yield f"    chown {place.owner} {where}/{shlex.quote(each)}"
    yield ""
    yield f"Then {where} has {_files(data)}, and the dump with"
    yield ""
    for number, held in data.expected["databases"].items():
        yield f"- database {number}: {number_of(held['keys'], 'key')}"
    yield ""
    kept = f"{data.kind.value.capitalize()} {place.version} with `appendonly {'yes' if place.appendonly else 'no'}`"
    yield f"{kept} starts from it; with the other one it starts empty."
    yield from _copied_to(data)


def _folder_of(data: SavedData) -> str:
    return shlex.quote(data.name.strip("/").replace("/", "_"))


def _copied_to(data: SavedData, them: str = "them") -> Iterator[str]:
    to = f"the volume {data.volume}" if data.volume else data.path
    yield f"Copy {them} to {to} with `cp -a`, while its containers are stopped."
