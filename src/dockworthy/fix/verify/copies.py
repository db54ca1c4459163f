"""Copies of what services bind, in a folder of this run: bounded, and without the secrets that are known; with
stand-ins for those.
"""

from __future__ import annotations

import os
import secrets as random
import shutil
import stat
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .images import LocalImage
from .owner import RunOwner
from .scratch import Bind, cut_off
from .stand_ins import StandIns

_MOST_FILES = 20_000
_TEXT = 1024 * 1024
"""Bytes. A larger file is hardly one that a person wrote secrets into."""
_DATABASES = frozenset(
    {"PG_VERSION", "ibdata1", "WiredTiger", "appendonlydir", "dump.rdb", "aria_log_control", "nodes"}
)
"""What lies in the data folder of a database: its real data would know the real password, and is no one's to copy."""


class CopyTooLarge(Exception):
    """The copy would be larger than it may be."""


class Copies:
    """Makes them below `folder`. `limit`: bytes of all of them together."""

    def __init__(self, folder: Path, limit: int, stand_ins: StandIns) -> None:
        self._folder = folder
        self._room = limit
        self._files = 0
        self._stand_ins = stand_ins
        self._made: dict[str, Path] = {}
        self._count = 0
        self.notes: list[str] = []

    def put_in(self, config: dict[str, Any], binds: tuple[Bind, ...]) -> None:
        """Names the copies in the configuration; a bind that there can be none of is taken out of it."""
        gone: set[tuple[str, int]] = set()
        for bind in binds:
            copy = self._made.get(bind.source) or self._copy(bind)
            if copy is None:
                gone.add((bind.service, bind.index))
                continue
            self._made[bind.source] = copy
            config["services"][bind.service]["volumes"][bind.index]["source"] = str(copy)
        for name, service in config["services"].items():
            service["volumes"] = [mount for i, mount in enumerate(service["volumes"]) if (name, i) not in gone]

    def file(self, content: bytes, *, like: Path | None = None) -> Path:
        """A file of this run with that content; mode and owner like another's, else readable for all."""
        self._count += 1
        file = self._folder / f"{self._count}"
        file.write_bytes(content)
        file.chmod(0o444)
        if like is not None:
            _same_owner(like.stat(), file)
        return file

    def _copy(self, bind: Bind) -> Path | None:
        source = Path(bind.source)
        self._count += 1
        target = self._folder / f"{self._count}"
        try:
            kind = source.stat().st_mode
        except FileNotFoundError:
            target.mkdir()  # as the engine does
            return target
        except OSError as error:
            self.notes.append(f"{bind.service} runs without {bind.source}: {error.strerror}")
            return None
        if stat.S_ISREG(kind):
            return self._file_of(bind, source, target)
        if stat.S_ISDIR(kind):
            return self._folder_of(bind, source, target)
        what = "a socket" if stat.S_ISSOCK(kind) else "a device or a pipe"
        self.notes.append(f"{bind.service} runs without {bind.source}: {what} of the host is not handed in")
        return None

    def _file_of(self, bind: Bind, source: Path, target: Path) -> Path | None:
        try:
            self._one(source, target)
        except (OSError, CopyTooLarge) as error:
            self.notes.append(f"{bind.service} runs without {bind.source}: {_why(error)}")
            return None
        return target

    def _folder_of(self, bind: Bind, source: Path, target: Path) -> Path:
        """Empty where it can't be copied whole: half of a folder is worse than none."""
        room, files = self._room, self._files
        try:
            if not bind.read_only and _DATABASES.intersection(os.listdir(source)):
                raise CopyTooLarge("it holds a database, which starts empty here")
            self._tree(source, target)
        except (OSError, CopyTooLarge) as error:
            self._room, self._files = room, files
            self.notes.append(f"{bind.service} gets an empty folder for {bind.source}: {_why(error)}")
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir(exist_ok=True)
        _same_owner(source.stat(), target)
        return target

    def _tree(self, source: Path, target: Path) -> None:
        target.mkdir()
        with os.scandir(source) as entries:
            for entry in entries:
                there = target / entry.name
                if entry.is_symlink():
                    there.symlink_to(os.readlink(entry.path))
                elif entry.is_dir():
                    self._tree(Path(entry.path), there)
                    _same_owner(entry.stat(), there)
                elif entry.is_file():
                    self._one(Path(entry.path), there)

    def _one(self, source: Path, target: Path) -> None:
        status = source.stat()
        self._room -= status.st_size
        self._files += 1
        if self._room < 0 or self._files > _MOST_FILES:
            raise CopyTooLarge("it is more than is copied")
        if status.st_size <= _TEXT:
            target.write_bytes(self._without_secrets(source))
        else:
            shutil.copyfile(source, target)
        _same_owner(status, target)

    def _without_secrets(self, source: Path) -> bytes:
        content = source.read_bytes()
        if self._stand_ins.keeps(str(source)) or self._stand_ins.keeps(source.name) or b"\0" in content:
            return content
        try:
            return self._stand_ins.text(content.decode()).encode()
        except UnicodeDecodeError:
            return content


def _same_owner(status: os.stat_result, target: Path) -> None:
    target.chmod(stat.S_IMODE(status.st_mode))
    if os.geteuid() == 0:  # another user can't give files away: theirs stay their own
        os.chown(target, status.st_uid, status.st_gid)


def _why(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)


def put_in_secrets(
    config: dict[str, Any],
    rendered: Mapping[str, Any],
    stand_ins: StandIns,
    copies: Copies,
    environ: Mapping[str, str],
    notes: list[str],
) -> dict[str, str]:
    """Adds what the services use. Returns the variables that Compose needs for those that come from the environment."""
    variables: dict[str, str] = {}
    for kind in ("secrets", "configs"):
        used = {entry["source"]: None for service in config["services"].values() for entry in service.get(kind) or ()}
        made = {
            name: _stand_in(kind, name, (rendered.get(kind) or {}).get(name) or {}, stand_ins, copies, environ, notes)
            for name in used
        }
        for definition in made.values():
            if "environment" in definition:
                variables[definition["environment"]] = definition.pop("value")
        if made:
            config[kind] = made
    return variables


def learn_secrets(
    rendered: Mapping[str, Any], scope: tuple[str, ...], stand_ins: StandIns, environ: Mapping[str, str]
) -> None:
    """Finds the project's secrets before anything is copied, so that each is known wherever it stands."""
    for name in {entry["source"] for each in scope for entry in rendered["services"][each].get("secrets") or ()}:
        definition = (rendered.get("secrets") or {}).get(name) or {}
        content = _content(definition, environ)
        if content is not None and not stand_ins.keeps(name, content):
            stand_ins.secret(content)
    for each in scope:
        variables = rendered["services"][each].get("environment") or {}
        stand_ins.environment({k: None if v is None else str(v).replace("$$", "$") for k, v in variables.items()})


def _stand_in(
    kind: str,
    name: str,
    written: Mapping[str, Any],
    stand_ins: StandIns,
    copies: Copies,
    environ: Mapping[str, str],
    notes: list[str],
) -> dict[str, Any]:
    content = _content(written, environ)
    if content is None:
        notes.append(f"the {kind[:-1]} {name} can't be read here: a random value stands in for it")
        content = random.token_hex(16)
    elif not stand_ins.keeps(name):
        content = stand_ins.secret(content) if kind == "secrets" else stand_ins.text(content)
        if "PRIVATE KEY" in content:
            notes.append(f"the {kind[:-1]} {name} holds a key that no stand-in can be made for (--hand-in {name})")
    if written.get("environment"):
        return {"environment": str(written["environment"]), "value": content}
    if written.get("content") is not None:
        return {"content": content.replace("$", "$$")}
    source = Path(str(written["file"])) if written.get("file") else None
    like = source if source is not None and source.exists() else None
    return {"file": str(copies.file(content.encode(errors="surrogateescape"), like=like))}


def _content(written: Mapping[str, Any], environ: Mapping[str, str]) -> str | None:
    """None where it can't be had: it is external, or unreadable."""
    if written.get("external"):
        return None
    if written.get("environment"):
        return environ.get(str(written["environment"]))
    if written.get("content") is not None:
        return str(written["content"]).replace("$$", "$")
    try:
        return Path(str(written.get("file"))).read_bytes().decode(errors="surrogateescape")
    except OSError:
        return None


def cut_off_project(
    rendered: Mapping[str, Any],
    scope: Sequence[str],
    images: Mapping[str, LocalImage],
    owner: RunOwner,
    stand_ins: StandIns,
    copies: Copies,
    note: Callable[[str], None],
) -> tuple[dict[str, Any], dict[str, str]]:
    """A Compose configuration, and the variables that Compose needs for it. `note` is told what is missing in it."""
    learn_secrets(rendered, tuple(scope), stand_ins, os.environ)
    scratch = cut_off(rendered, scope, images, owner, stand_ins)
    copies.put_in(scratch.config, scratch.binds)
    notes: list[str] = []
    variables = put_in_secrets(scratch.config, rendered, stand_ins, copies, os.environ, notes)
    for each in (*scratch.notes, *copies.notes, *notes):
        note(each)
    return scratch.config, variables
