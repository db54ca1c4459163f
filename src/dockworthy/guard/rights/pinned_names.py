"""Names in a request, replaced by the ids of the objects that were looked at: what is judged is what the engine takes.

The engine looks a name up a moment after the guard did, and links on the default bridge once more each time that the
engine itself starts: by then the name may be another object's, or may be gone and begin the id of another one.

Sources: Engine 26.1, daemon/links.go (registerLinks), daemon/daemon.go (restore), opts/parse.go (ParseLink).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from msgspec import structs

from ..parallel import look_up
from ..request import NotThere
from ..request_body import read_body, with_body
from ..routes import Call
from .affected_objects import Objects, Touched
from .references import is_default_bridge

_IN_PATHS = ("container", "network", "object")
"""Parts of a path that may name an object by the beginning of its id."""
_OF_NETWORKS = ("networks/connect", "networks/disconnect")
_MODES = ("NetworkMode", "PidMode", "IpcMode")
_Ids = Callable[[str], str]


async def with_pinned_path(call: Call, touched: Sequence[Touched], objects: Objects) -> Call:
    """The object that the path names, by its id. `touched`: what was looked up for the call; where nothing was, a
    container that is judged is looked up here. Raises NotThere for one that is not there: a moment later it may be an
    admin's, who may create what nobody else enters."""
    part = next((each for each in _IN_PATHS if each in call.names), "")
    id = next((each.id for each in touched if each.id), "")
    if not id and part == "container" and call.route.judge:
        found = await objects.found("container", call.names["container"])
        if found is None:
            raise NotThere("container", call.names["container"])
        id = str(found.get("Id") or "")
    return structs.replace(call, names={**call.names, part: id}) if id and part else call


async def with_pinned_body(call: Call, objects: Objects) -> Call:
    """The containers that the body names, by their ids. Raises NotCanonical, and NotThere for one that is not there."""
    if not call.body or call.route.action not in ("containers/create", *_OF_NETWORKS):
        return call
    body = read_body(call)
    if call.route.action in _OF_NETWORKS:
        return await _of_a_network(call, body, objects)
    host = body.get("HostConfig") if isinstance(body, dict) else None
    if not isinstance(host, dict) or not (names := _names(host)):
        return call
    found = await look_up(lambda name: objects.found("container", name), names)
    ids = {name: str(each.get("Id")) for name, each in zip(names, found, strict=True) if each is not None}
    missing = next((name for name in names if name not in ids), None)
    if missing is not None:  # docker would pull the image if this were 404
        raise NotThere("container", missing, 400)
    body["HostConfig"] = {**host, **dict(_changed(host, lambda name: ids.get(name, name)))}
    return with_body(call, body)


async def _of_a_network(call: Call, body: Any, objects: Objects) -> Call:
    """What a container that is gone left on a network is taken away by its name."""
    name = body.get("Container") if isinstance(body, dict) else None
    if not name or not isinstance(name, str):
        return call
    found = await objects.found("container", name)
    if found is None and call.route.action == "networks/connect":
        raise NotThere("container", name)
    id = str((found or {}).get("Id") or "")
    return with_body(call, {**body, "Container": id}) if id else call


def _names(host: dict[str, Any]) -> list[str]:
    seen: dict[str, str] = {}
    dict(_changed(host, lambda name: seen.setdefault(name, name)))
    return [name for name in seen if name]


def _changed(host: dict[str, Any], ids: _Ids) -> Iterator[tuple[str, Any]]:
    """Fields of a `HostConfig` that name containers, each name replaced by what `ids` gives for it."""
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
