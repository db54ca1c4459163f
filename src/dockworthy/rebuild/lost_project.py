"""What a repository tells of a project whose host is gone: its files, and the release in force or what Compose makes of
the files. All in memory and in a folder of ours: the new host is not changed by it."""

from __future__ import annotations

import asyncio
import io
import posixpath
import re
import tarfile
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from msgspec import Struct, convert

from ..backup.repository import Repository
from ..deploy.compose_command import ComposeCommand
from ..deploy.names import settings_in
from ..deploy.release_history import in_force
from ..deploy.rendering import compose_files
from ..deploy.store.record import decoded
from ..errors import HostError, UnreadableInput, UsageError
from ..fix.verify.start_order import dependencies
from ..model.backup import BackupRun
from ..model.compose_project import FILE_PARTS, ComposeProject
from ..model.deploy_settings import DeploySettings, TargetKind
from ..model.policy import ProjectFile
from ..model.release import Release
from ..readers.joined_policy import read_project_file

_MOST = 512 * 1024 * 1024
"""Bytes of a part of a project besides its data."""
_RECORD = re.compile(r"(?:^|/)(\d+)\.json")


class LostProject(Struct, frozen=True, kw_only=True):
    """`archive`: tar of its files, whose `names` are relative to `folder` of its host; `copy`: where they lie here.
    `release`: the one in force, None where it was never deployed; `state`: the folder of its host with its records,
    `edge`: the one of its edge, "" for none. `spec`: the project as Compose renders it, with the paths of its host;
    `active`: the services that are started."""

    archive: bytes
    names: tuple[str, ...]
    folder: str
    copy: Path
    file: ProjectFile
    settings: DeploySettings
    release: Release | None
    state: str
    edge: str
    spec: ComposeProject
    active: tuple[str, ...]


@asynccontextmanager
async def read_lost_project(
    store: Repository, run: BackupRun, *, environment: str | None
) -> AsyncIterator[LostProject]:
    """Raises UsageError for a backup of which no project can be made, HostError where it can't be read."""
    if not run.scope:
        raise UsageError(
            f"the backup {run.id} is one of a whole engine, without the files of a project",
            hint="name a backup of one project: dockworthy backup list",
        )
    archive = await _part(store, run, "project", "project.tar")
    known = {each.id: each.paths for each in await store.snapshots()}
    state, edge = (next(iter(known.get(run.also.get(part, ""), ())), "") for part in ("releases", "edge"))
    release = await _release(store, run, state)
    with tempfile.TemporaryDirectory(prefix="dockworthy-rebuild-") as place:
        copy = Path(place).resolve()
        names = await asyncio.to_thread(_unpack, archive, copy)
        file = _project_file(copy)
        if release is not None:
            settings = convert(release.settings, DeploySettings)
            spec, active = release.spec, tuple(sorted(release.services))
        else:
            settings = settings_in(file.deploy, environment)
            spec, active = await _rendered(copy, settings, run)
        if (release.target if release is not None else settings.target) == TargetKind.SWARM:
            raise UsageError(
                f"{run.scope} runs on a swarm, and is brought back to one host alone",
                hint="restore its data by hand: dockworthy backup kit; then dockworthy deploy",
            )
        yield LostProject(
            archive=archive,
            names=names,
            folder=run.folder or f"/srv/{run.scope}",
            copy=copy,
            file=file,
            settings=settings,
            release=release,
            state=state,
            edge=edge,
            spec=spec,
            active=active,
        )


async def _part(store: Repository, run: BackupRun, part: str, name: str) -> bytes:
    if part not in run.also:
        raise UsageError(
            f"the backup {run.id} has no files of the project {run.scope}",
            hint="try another one: --at TIME; or restore by hand: dockworthy backup kit",
        )
    return await store.read_bytes(run.also[part], name, most=_MOST)


async def _release(store: Repository, run: BackupRun, folder: str) -> Release | None:
    """The release in force. `folder`: where its host had the records."""
    if "releases" not in run.also:
        return None
    if not folder:
        raise HostError(
            f"{store.shown}: the releases of {run.scope} are not there: {run.also['releases'][:8]}",
            hint="dockworthy backup check --read-data 5%",
        )
    archive = await store.read_bytes(run.also["releases"], folder, most=_MOST)
    records: dict[int, Release] = {}
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for entry in tar:
            found = _RECORD.search(entry.name)
            if found and posixpath.dirname(entry.name) == folder.strip("/") and (file := tar.extractfile(entry)):
                try:
                    records[int(found[1])] = decoded(file.read(), entry.name)
                except UnreadableInput:
                    continue
    return in_force([records[number] for number in sorted(records)])


def _unpack(archive: bytes, folder: Path) -> tuple[str, ...]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(folder, filter="data")
        return tuple(each.name for each in tar.getmembers() if each.isfile())


def _project_file(copy: Path) -> ProjectFile:
    path = copy / "dockworthy.yaml"
    return read_project_file(path) if path.is_file() else ProjectFile()


async def _rendered(copy: Path, settings: DeploySettings, run: BackupRun) -> tuple[ComposeProject, tuple[str, ...]]:
    """As Compose reads the files in the copy, with the paths that they had; and the services that ran, else those that
    `docker compose up` starts."""
    compose = ComposeCommand("", str(copy))
    files = compose_files(copy, settings)
    spec = await compose.config(files, run.scope)
    active = run.running or await compose.active(files, run.scope)
    here, there = str(copy), run.folder or f"/srv/{run.scope}"
    return with_paths(spec, here, there), with_needed(spec, active)


def with_needed(spec: ComposeProject, services: Iterable[str]) -> tuple[str, ...]:
    """These, as far as the project has them, and all that they depend on. Pure."""
    rendered = spec.to_json()["services"]
    found: dict[str, None] = {}
    waiting = [name for name in services if name in rendered]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = None
            waiting += [needed for needed in dependencies(rendered[name]) if needed in rendered]
    return tuple(sorted(found))


def with_paths(spec: ComposeProject, here: str, there: str) -> ComposeProject:
    """The same project, where what it binds and its files of secrets and configs lie below `there`. Pure."""
    rendered = spec.to_json()

    def moved(path: str) -> str:
        return there + path.removeprefix(here) if path == here or path.startswith(f"{here}/") else path

    for service in rendered["services"].values():
        for mount in service.get("volumes") or ():
            if mount.get("type") == "bind":
                mount["source"] = moved(str(mount.get("source") or ""))
    for part in FILE_PARTS:
        for each in (rendered.get(part) or {}).values():
            if each and each.get("file"):
                each["file"] = moved(str(each["file"]))
    for volume in (rendered.get("volumes") or {}).values():
        options = (volume or {}).get("driver_opts") or {}
        if options.get("device"):
            options["device"] = moved(str(options["device"]))
    return ComposeProject.from_json(rendered)


def bound_folder(rendered: Mapping[str, Any], volume: str) -> str:
    """The folder of the host that the volume is, where its options say so; else ""."""
    options = volume_definition(rendered, volume)[1].get("driver_opts") or {}
    return str(options.get("device") or "") if "bind" in str(options.get("o") or "").split(",") else ""


def volume_definition(rendered: Mapping[str, Any], volume: str) -> tuple[str, Mapping[str, Any]]:
    """The key and the definition of the volume that the engine calls `volume`; ("", {}) where it has none."""
    project = rendered.get("name", "")
    for key, each in (rendered.get("volumes") or {}).items():
        definition = each or {}
        if str(definition.get("name") or (key if definition.get("external") else f"{project}_{key}")) == volume:
            return key, definition
    return "", {}
