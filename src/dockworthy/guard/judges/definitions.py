"""Small things that are made by a name: volumes, secrets and configs."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator

from ...model.host_paths import plain_path
from ...model.volume_options import bound_path
from ...readers.api_object import ApiObject
from ...readers.create_request.keys import TEXT, TEXT_MAP, Shape
from ..decision import Refusal, refused
from ..floor.cost import memory_of_host, refused_memory_volume
from ..floor.expanded import why_not_a_payload
from ..floor.mounts import refused_volume
from ..floor.replaceable import Mounted
from .case import Case
from .edge_secrets import refused_edge_secrets
from .host_mounts import looked_at, refused_beside_others, refused_ways_in
from .kept_by_admins import refused_kept
from .naming import refused_name

_VOLUME: dict[str, Shape] = {
    **dict.fromkeys(("Name", "Driver"), TEXT),
    **dict.fromkeys(("DriverOpts", "Labels"), TEXT_MAP),
    "ClusterVolumeSpec": {},
}
_DRIVER: dict[str, Shape] = {"Name": TEXT, "Options": TEXT_MAP}
_STORED: dict[str, Shape] = {"Name": TEXT, "Labels": TEXT_MAP, "Data": TEXT, "Driver": _DRIVER, "Templating": _DRIVER}


async def volume_create(case: Case) -> AsyncIterator[Refusal]:
    body = ApiObject(case.body(_VOLUME), "POST /volumes/create")
    if body.at("ClusterVolumeSpec").data is not None:
        yield refused("guard/volume-driver", "Volumes belong to one host", "it would be a volume of the cluster")
    name, options = body.word("Name") or "nameless", body.words("DriverOpts")
    host = await looked_at(case, (), (options,))
    for refusal in refused_volume(name, body.word("Driver"), options, case.policy.guard, host):
        yield refusal
    for refusal in refused_memory_volume(name, options, memory_of_host()):
        yield refusal
    device = bound_path("", options)
    if device.startswith("/"):
        asked = Mounted(
            holder=f"volume {name}", path=plain_path(device), writable=await _is_awaited(case, name), volume=name
        )
        async for refusal in refused_ways_in(case, (asked,), listed=True):
            yield refusal
        async for refusal in refused_beside_others(case, (asked,)):
            yield refusal


async def _is_awaited(case: Case, name: str) -> bool:
    """Does a service name the volume, so that its next task writes what lies there without a question?"""
    return any(each.volume == name and each.writable for each in await case.world.mounted())


async def stored(case: Case) -> AsyncIterator[Refusal]:
    """A secret or a config. None is renamed by a change."""
    action = case.call.route.action
    kind = "secret" if action.startswith("secrets/") else "config"
    body = ApiObject(case.body(_STORED), action)
    if action.endswith("/create"):
        async for refusal in refused_name(case, body.word("Name"), kind):
            yield refusal
    async for refusal in refused_kept(case, kind, body.words("Labels")):
        yield refusal
    if kind == "secret":
        async for refusal in refused_edge_secrets(case, (case.call.names.get("object", ""),), (body.word("Name"),)):
            yield refusal
    if body.word("Driver", "Name"):
        yield refused(
            "guard/secret-driver", "Secrets are kept by the swarm itself", f"driver {body.word('Driver', 'Name')}"
        )
    if body.word("Templating", "Name") not in ("", "golang"):
        yield refused(
            "guard/templating", "Templates are the engine's own", f"{body.word('Templating', 'Name')} is none"
        )
    elif body.word("Templating", "Name") and (why := why_not_a_payload(_text(body.word("Data")))):
        yield refused(
            "guard/templating",
            "Templates of a secret or config are fields, conditions and the swarm's own functions",
            why,
            "use fields such as .Service.Name, and secret, config, env, if, else, with, eq, and, or",
        )


def _text(data: str) -> str:
    try:
        return base64.b64decode(data).decode(errors="replace")
    except ValueError:  # the engine can't read it either
        return ""


JUDGES = {
    "volume_create": volume_create,
    "secrets_write": stored,
    "configs_write": stored,
}
