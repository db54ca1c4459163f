"""Runs a control's examples, written in source syntax, through the real readers; and short ways to call these."""

from __future__ import annotations

import datetime
import io
import json
import os
import shlex
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import structs

import tight
from dockworthy.facts.file_secrets import secrets_in
from dockworthy.facts.host import read_host
from dockworthy.facts.written_secrets import with_build_secrets_marked
from dockworthy.model.build import ImageBuild
from dockworthy.model.control import Control, Examples, Subject
from dockworthy.model.dialect import Version
from dockworthy.model.field import Source
from dockworthy.model.finding import Judgement
from dockworthy.model.machine import Machine
from dockworthy.model.policy_change import PolicyChange
from dockworthy.model.result import Result
from dockworthy.model.snapshot import Snapshot
from dockworthy.model.text_file import TextFile
from dockworthy.model.workload import Unit
from dockworthy.policy.loosening import policy_change
from dockworthy.readers.compose.project import read_compose
from dockworthy.readers.compose.variables import read_dotenv
from dockworthy.readers.create_request import read_create_request
from dockworthy.readers.docker_run import read_docker_run
from dockworthy.readers.dockerfile.build import read_dockerfile
from dockworthy.readers.engine_context import EngineContext, engine_context
from dockworthy.readers.files import Search
from dockworthy.readers.joined_policy import with_extended
from dockworthy.readers.kubernetes.joining import joined
from dockworthy.readers.kubernetes.objects import read_manifests
from dockworthy.readers.machine import read_machine
from dockworthy.readers.marathon import is_marathon
from dockworthy.readers.marathon.definitions import read_marathon
from dockworthy.readers.project_file import parse_document, parse_project_file
from dockworthy.readers.text_files import TextFiles
from dockworthy.readers.titus import is_titus
from dockworthy.readers.titus.job import read_titus
from dockworthy.readers.yaml_source import Value, documents
from dockworthy.report.as_json import json_parts


def read_kubernetes(objects: Iterable[Value], *, version: Version | None = None) -> list[Unit]:
    """The pods of a file, each with what stands beside it there."""
    return list(joined(read_manifests(objects, version=version)).units)


def parse_dotenv(text: str, outer: Mapping[str, str]) -> dict[str, str]:
    """Name -> value of a `.env` file."""
    return {name: found.value for name, found in read_dotenv(text, outer).items()}


def render_json(result: Result) -> bytes:
    """A result's JSON as a whole."""
    return b"".join(json_parts(result))


_FIELDS_BY_NAME = ("sysctls", "files", "units")
"""Members of Host that hold a field under each name."""


def each(examples: Examples) -> Iterator[tuple[str, Any]]:
    """Every (syntax, text) of a control's examples."""
    for syntax, texts in examples.items():
        for text in texts if isinstance(texts, list) else [texts]:
            yield syntax, text


def judgements(control: Control, syntax: str, example: Any, folder: Path) -> list[Judgement]:
    """What the control says of every subject that the example holds."""
    judge = control.judge_function
    assert judge is not None
    found: list[Judgement] = []
    for subject in _subjects(control.subject, syntax, example, folder):
        answer = judge(subject)
        found += [answer] if isinstance(answer, Judgement) else list(answer)
    return found


def _policy_change(example: str) -> PolicyChange:
    """Of dockworthy.yaml as it was and as it is."""
    before, now = (
        with_extended(*parse_document(text, "dockworthy.yaml"), Path("dockworthy.yaml")).policy
        for text in example.split("--- # and now\n")
    )
    change = policy_change(before, now, file="dockworthy.yaml", since="main", today=datetime.date(2027, 1, 1))
    assert change is not None
    return change


def _subjects(kind: Subject, syntax: str, example: Any, folder: Path) -> list[Any]:
    if syntax == "kubernetes" and kind is Subject.ACCESS:
        return list(joined(read_manifests(documents(example, "objects.yaml"))).accesses)
    if syntax == "kubernetes":
        return list(read_kubernetes(documents(example, "pod.yaml")))
    if syntax == "marathon":
        (document,) = documents(example, "app.json")
        assert is_marathon(document)
        return list(read_marathon(document))
    if syntax == "titus":
        (document,) = documents(example, "job.json")
        assert is_titus(document)
        return [read_titus(document)]
    if syntax == "policy":
        return [_policy_change(example)]
    if syntax == "compose":
        (document,) = documents(example, "compose.yaml")
        return list(read_compose(document, environ={"HOME": "/home/ann"}, folder=folder))
    if syntax == "files":
        return _text_files(example, folder)
    if syntax == "dockerfile":
        return [_build(example, folder)]
    if syntax == "docker run":
        return [read_docker_run(shlex.split(example), _context(), environ={}, folder="/srv/shop")]
    if syntax == "request":
        return [read_create_request(json.dumps(example).encode(), context=_context()).unit]
    machine = machine_of(syntax, example, folder)
    lists: dict[Subject, list[Any]] = {
        Subject.UNIT: list(machine.units),
        Subject.IMAGE: list(machine.images),
        Subject.NETWORK: list(machine.networks),
        Subject.VOLUME: list(machine.volumes),
        Subject.HOST: [machine.host],
        Subject.ENGINE: [machine.engine],
        Subject.CLUSTER: [machine.cluster] if machine.cluster else [],
        Subject.MACHINE: [machine],
    }
    return lists[kind]


def _build(example: Any, folder: Path) -> ImageBuild:
    """A Dockerfile's text, or the files of a folder that holds one; secrets marked as `check` does it."""
    for name, text in (example if isinstance(example, Mapping) else {"Dockerfile": example}).items():
        (folder / name).write_text(text)
    path = folder / "Dockerfile"
    (build,) = with_build_secrets_marked([read_dockerfile(path.read_text(), str(path), path=path)], set())
    return build


def _text_files(files: Mapping[str, str], folder: Path) -> list[TextFile]:
    """As `check` looks at a folder's files in a repository; one that has nothing to tell is a file, too."""
    (folder / ".git").mkdir(exist_ok=True)
    for name, content in files.items():
        _write(folder / name, {"content": content})
    texts = TextFiles(partial(secrets_in, values=set()))
    for found in Search([str(folder)], stdin=io.BytesIO()):
        texts.look_at(found)
    name = str(folder / next(iter(files)))
    return list(texts.all()) or [TextFile(id=name, source=Source(name))]


def _context() -> EngineContext:
    """The tight machine's engine."""
    return engine_context(msgspec.convert(tight.snapshot(), Snapshot, strict=False).engine)


def machine_of(syntax: str, example: Any, folder: Path) -> Machine:
    if syntax == "daemon.json":
        return _machine_with_files({"/etc/docker/daemon.json": example}, folder, silent_engine=True)
    if syntax == "dockworthy.yaml":
        return structs.replace(
            read_machine(msgspec.convert(tight.snapshot(), Snapshot, strict=False)),
            intent=parse_project_file(example, "dockworthy.yaml").intent,
        )
    if syntax == "host":
        return _machine_with_files(example, folder)
    return read_machine(msgspec.convert(_snapshot(syntax, example), Snapshot, strict=False))


def _snapshot(syntax: str, example: Any) -> dict[str, Any]:
    if syntax == "container":
        return _over(tight.snapshot(), {"engine": {"containers": [{"name": "example", "inspect": example}]}})
    if syntax == "running":
        return _over(tight.snapshot(), {"engine": {"containers": [{"name": "example", **example}]}})
    if syntax == "service":
        return _over(tight.snapshot(), {"engine": {"services": [_merged(tight.service(), example)]}})
    if syntax == "snapshot":
        return _over(tight.snapshot(), example)
    raise AssertionError(f"no such syntax: {syntax}")


def _over(ground: dict[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    part = dict(part)
    engine = dict(part.pop("engine", {}))
    for name, over in (("containers", _container), ("images", _image)):
        listed = engine.get(name)
        if isinstance(listed, Mapping) and listed.get("is") == "set":
            engine[name] = {**listed, "value": [over(item) for item in listed["value"]]}
        elif isinstance(listed, list):
            engine[name] = tight.known([over(item) for item in listed])
    info = engine.get("info")
    if isinstance(info, Mapping) and info.get("is") == "set":
        engine["info"] = info["value"]
    host = dict(part.pop("host", {}))
    for name in _FIELDS_BY_NAME:
        if name in host:
            host[name] = {key: value if _is_field(value) else tight.known(value) for key, value in host[name].items()}
    return {**ground, **part, "engine": _fields(ground["engine"], engine), "host": _fields(ground["host"], host)}


def _container(item: Mapping[str, Any]) -> dict[str, Any]:
    item = dict(item)
    name = item.setdefault("name", "example")
    item.setdefault("id", name)
    for key in ("processes", "changes", "use"):
        if key in item and not _is_field(item[key]):
            item[key] = tight.known(item[key])
    said = item.get("inspect", {})
    if not _is_field(said):
        item["inspect"] = tight.known(_merged(tight.inspect(), said))
    elif said["is"] == "set":
        item["inspect"] = {**said, "value": _merged(tight.inspect(), said["value"])}
    return item


def _image(item: Mapping[str, Any]) -> dict[str, Any]:
    if _is_field(item.get("inspect")):
        return dict(item)
    said = item["inspect"] if "inspect" in item else item
    history = item.get("history") if "inspect" in item else None
    made: dict[str, Any] = {"id": said.get("Id", tight.IMAGE_ID), "inspect": tight.known(_merged(tight.image(), said))}
    if history is not None:
        made["history"] = history if _is_field(history) else tight.known(history)
    return made


def _fields(ground: dict[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    """Lays plain values over fields: a mapping is merged into the field's value, anything else replaces it."""
    result = dict(ground)
    for name, value in part.items():
        before = ground.get(name)
        if name in _FIELDS_BY_NAME or name in ("endpoint", "as_root", "root") or _is_field(value):
            result[name] = value
        elif _is_field(before) and isinstance(before.get("value"), dict) and isinstance(value, Mapping):
            result[name] = tight.known(_merged(before["value"], value))
        else:
            result[name] = tight.known(value)
    return result


def _merged(ground: Any, part: Any) -> Any:
    if isinstance(ground, dict) and isinstance(part, Mapping):
        return ground | {key: _merged(ground.get(key), value) for key, value in part.items()}
    return part


def _is_field(value: Any) -> bool:
    return isinstance(value, Mapping) and value.get("is") in ("set", "unset", "unknown")


def _machine_with_files(files: Mapping[str, Any], folder: Path, *, silent_engine: bool = False) -> Machine:
    """The host as it is read from a tree of files; the engine tight, or (`silent_engine`) not to be asked."""
    for path, content in files.items():
        _write(folder / path.lstrip("/"), content if isinstance(content, Mapping) else {"content": content})
    host = msgspec.to_builtins(read_host(folder, socket=""))
    snapshot = tight.snapshot() | {"host": host}
    if silent_engine:
        snapshot["engine"] = {"endpoint": "", "info": {"is": "unknown", "reason": "not asked"}}
    return read_machine(msgspec.convert(snapshot, Snapshot, strict=False))


def _write(path: Path, file: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if "target" in file:
        path.symlink_to(file["target"])
        return
    content = file.get("content", "")
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    if "mode" in file:
        path.chmod(int(str(file["mode"]), 8))
        if os.geteuid() != 0:
            pytest.skip("only root can give a file to root, and this example is of a file's owner")
    if os.geteuid() == 0:
        os.chown(path, int(file.get("uid", 0)), int(file.get("gid", 0)))
