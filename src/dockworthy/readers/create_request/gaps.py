"""Parts of a container that a request does not tell whole, because they come from elsewhere."""

from __future__ import annotations

from ...model.field import Set, Unknown
from ..api_object import ApiObject


def gaps_of(request: ApiObject) -> dict[str, Unknown]:
    """By the names of `Container.unclear`: mounts of other containers, ports of the image, devices by request."""
    host = request.at("HostConfig")
    gaps = {}
    mounts_from = host.texts("VolumesFrom")
    if isinstance(mounts_from, Set) and mounts_from.value:
        others = ", ".join(mounts_from.value)
        gaps["mounts"] = Unknown(
            f"it takes over the mounts of {others}, which are not in the request",
            tell=f"docker inspect {mounts_from.value[0].partition(':')[0]}",
            source=mounts_from.source,
        )
    if host.at("PublishAllPorts").data is True:
        gaps["ports"] = Unknown(
            "it publishes every port that its image exposes, and these are not in the request",
            tell="docker image inspect shows what the image exposes",
            source=host.at("PublishAllPorts").source,
        )
    if host.at("DeviceRequests").data:
        gaps["devices"] = Unknown(
            "which devices it gets the engine decides when it starts (GPUs, CDI)",
            source=host.at("DeviceRequests").source,
        )
    return gaps


__all__ = ["gaps_of"]
