"""The matrix: attacks, with what each would give, and good calls. The data stands in YAML beside this file."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

import yaml
from msgspec import Struct

_KINDS = ("host_settings", "privileges", "mounts", "folders", "form", "engine", "services", "before")
_CREATE = "POST /v1.45/containers/create"
_CREATE_SERVICE = "POST /v1.45/services/create"


class Trial(Struct, frozen=True, kw_only=True):
    """A request as data. `gives` says what an attack would give; `of` names an object without which it is nothing, and
    `unless` the circumstance in which it is allowed. `expect` are statuses that are as good as success, `plain` says
    that the guard may answer with them, too; `keep` takes values of the answer (`name -> path in its JSON`).
    `by_engine`: it means nothing to an engine, so that the guard need not stop it.
    """

    name: str
    kind: str
    method: str
    target: str
    headers: tuple[tuple[str, str | None], ...] = ()
    body: bytes | None = None
    is_json: bool = False
    chunked: bool = False
    hijack: bool = False
    archive: str = ""
    gives: str = ""
    of: str = ""
    unless: str = ""
    expect: tuple[int, ...] = ()
    keep: Mapping[str, str] = {}
    swarm: bool = False
    by_engine: bool = False


def attacks() -> Iterator[Trial]:
    for kind in _KINDS:
        yield from (_trial(kind, entry) for entry in _entries(f"attacks/{kind}.yaml"))


def good_calls() -> Iterator[Trial]:
    """In the order in which they are to be asked."""
    yield from (_trial("good", entry) for entry in _entries("good.yaml"))


def _entries(path: str) -> list[dict[str, Any]]:
    text = resources.files(__package__).joinpath(path).read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: list[dict[str, Any]] = yaml.load(text, Loader=loader)
    return found


def _trial(kind: str, entry: dict[str, Any]) -> Trial:
    method, _, target = entry.get("request", _default_request(entry)).partition(" ")
    body, is_json = _body(entry)
    return Trial(
        name=entry["name"],
        kind=kind,
        method=method,
        target=target,
        headers=tuple((name, value) for name, value in entry.get("headers", ())),
        body=body,
        is_json=is_json,
        chunked=entry.get("chunked", False),
        hijack=entry.get("hijack", False),
        archive="empty" if entry.get("archive") else "build" if entry.get("build") else "",
        gives=entry.get("gives", ""),
        of=entry.get("of", ""),
        unless=entry.get("unless", ""),
        expect=tuple(entry.get("expect", ())),
        keep=entry.get("keep", {}),
        swarm=entry.get("swarm", False),
        by_engine=entry.get("by_engine", False),
    )


def _default_request(entry: dict[str, Any]) -> str:
    return _CREATE_SERVICE if {"run", "task", "spec"} & set(entry) else _CREATE


def _body(entry: dict[str, Any]) -> tuple[bytes | None, bool]:
    """What is sent, with names in braces still in it; and whether it goes as JSON unless its headers say otherwise."""
    if "base64" in entry:
        return base64.b64decode(entry["base64"]), True
    if "raw" in entry:
        return entry["raw"].encode("utf-8", "surrogatepass"), True
    if "nested" in entry:
        depth = entry["nested"]
        return b'{"Image":"{image}","Labels":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}", True
    value = _value(entry)
    return (None, False) if value is None else (json.dumps(value).encode(), True)


def _value(entry: dict[str, Any]) -> Any:
    if "json" in entry:
        return entry["json"]
    if {"run", "task", "spec"} & set(entry):
        run = {"Image": "{image_id}", **entry.get("run", {})}
        task = {"ContainerSpec": run, **entry.get("task", {})}
        return {"Name": "dockworthy-drill", "TaskTemplate": task, **entry.get("spec", {})}
    if {"host", "config", "many", "ports"} & set(entry):
        body = {"Image": "{image}", "Cmd": ["true"], **entry.get("config", {})}
        if entry.get("host") is not None:
            body["HostConfig"] = entry["host"]
        if "many" in entry:
            key, number, text = entry["many"]
            body.setdefault("HostConfig", {})[key] = [text.replace("#", str(each)) for each in range(number)]
        if "ports" in entry:
            published = {f"{port}/tcp": [{"HostPort": ""}] for port in range(1, entry["ports"] + 1)}
            body.setdefault("HostConfig", {})["PortBindings"] = published
        if "padding" in entry:
            body["Labels"] = {"padding": "x" * entry["padding"]}
        return body
    return None
