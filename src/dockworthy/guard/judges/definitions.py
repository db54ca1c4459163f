"""Small things that are made by a name: volumes, secrets and configs."""

from __future__ import annotations

from collections.abc import AsyncIterator

from ...readers.api_object import ApiObject
from ...readers.create_request.keys import TEXT, TEXT_MAP, Shape
from ..decision import Refusal, refused
from ..floor.mounts import refused_volume
from .case import Case

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
    for refusal in refused_volume(
        body.word("Name") or "nameless",
        body.word("Driver"),
        body.words("DriverOpts"),
        case.policy.guard,
        case.world.who_may_write,
    ):
        yield refusal


async def stored(case: Case) -> AsyncIterator[Refusal]:
    """A secret or a config."""
    body = ApiObject(case.body(_STORED), case.call.route.action)
    if body.word("Driver", "Name"):
        yield refused(
            "guard/secret-driver", "Secrets are kept by the swarm itself", f"driver {body.word('Driver', 'Name')}"
        )
    if body.word("Templating", "Name") not in ("", "golang"):
        yield refused(
            "guard/templating", "Templates are the engine's own", f"{body.word('Templating', 'Name')} is none"
        )


JUDGES = {
    "volume_create": volume_create,
    "secrets_write": stored,
    "configs_write": stored,
}

__all__ = ["JUDGES"]
