"""Containers that a request names in its body, by their ids: what is judged is what the engine takes, and keeps.

A name is looked up by the engine a moment after the guard did, and links on the default bridge once more each time that
the engine itself starts: by then the name may be another container's, or may be gone and begin the id of another one.

Sources: Engine 26.1, daemon/links.go (registerLinks), daemon/daemon.go (restore), opts/parse.go (ParseLink).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..parallel import look_up
from ..request import NotThere
from ..request_body import read_body, with_body
from ..routes import Call
from .affected_objects import Objects
from .references import is_default_bridge

_OF_NETWORKS = ("networks/connect", "networks/disconnect")
_MODES = ("NetworkMode", "PidMode", "IpcMode")
_Ids = Callable[[str], str]


async def with_ids(call: Call, objects: Objects) -> Call:
    """Raises NotCanonical, and NotThere for one that is not there."""
    if not call.body or call.route.action not in ("containers/create", *_OF_NETWORKS):
        return call
    body = read_body(call)
    if call.route.action in _OF_NETWORKS:
        return await _with_id(call, body, objects)
    host = body.get("HostConfig") if isinstance(body, dict) else None
    if not isinstance(host, dict) or not (names := list(dict.fromkeys(_names(host)))):
        return call
    found = await look_up(lambda name: objects.found("container", name), names)
    ids = {name: str(each.get("Id")) for name, each in zip(names, found, strict=True) if each is not None}
    missing = next((name for name in names if name not in ids), None)
    if missing is not None:  # docker would pull the image if this were 404
        raise NotThere("container", missing, 400)
    body["HostConfig"] = {**host, **dict(_changed(host, lambda name: ids.get(name, name)))}
    return with_body(call, body)


async def _with_id(call: Call, body: Any, objects: Objects) -> Call:
    """What a container that is gone left on a network is taken away by its name."""
    name = body.get("Container") if isinstance(body, dict) else None
    if not name or not isinstance(name, str):
        return call
    found = await objects.found("container", name)
    if found is None and call.route.action == "networks/connect":
        raise NotThere("container", name)
    id = str((found or {}).get("Id") or "")
    return with_body(call, {**body, "Container": id}) if id else call


def _names(host: dict[str, Any]) -> Iterator[str]:
    seen: list[str] = []
    for _ in _changed(host, lambda name: seen.append(name) or name):  # type: ignore[func-returns-value]
        pass
    yield from filter(None, seen)


def _changed(host: dict[str, Any], ids: _Ids) -> Iterator[tuple[str, Any]]:
    """Fields that name containers, with the names as `ids` has them."""
    if is_default_bridge(host) and isinstance(host.get("Links"), list):
        yield "Links", [_link(str(each), ids) for each in host["Links"]]
    if isinstance(host.get("VolumesFrom"), list):
        yield "VolumesFrom", [_first(str(each), ids) for each in host["VolumesFrom"]]
    for field in _MODES:
        kind, colon, name = str(host.get(field) or "").partition(":")
        if kind == "container" and colon:
            yield field, f"container:{ids(name.lstrip('/'))}"


def _link(text: str, ids: _Ids) -> str:
    """`db:alias`, `db`, which is its own alias, and `/db:/web/alias` as the engine shows it."""
    name, colon, alias = text.partition(":")
    named = name.lstrip("/")
    if not colon:
        alias = named
    elif name.startswith("/"):
        alias = alias.rpartition("/")[2]
    return f"{ids(named)}:{alias}"


def _first(text: str, ids: _Ids) -> str:
    name, colon, mode = text.partition(":")
    return f"{ids(name.lstrip('/'))}{colon}{mode}"
