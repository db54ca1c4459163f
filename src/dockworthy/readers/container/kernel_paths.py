"""Are the engine's masks over /proc and /sys in force? Source: Engine API v1.45, HostConfig.MaskedPaths."""

from __future__ import annotations

from ...model.field import Field, Origin, Set, Unknown
from ..api_object import ApiObject


def read_proc_mount(host: ApiObject) -> Field[str]:
    """`Unmasked` where one of both lists is empty, by `systempaths=unconfined` or because the container is privileged:
    a /proc/sys that root in the container writes is the host's."""
    privileged = host.boolean("Privileged")
    if isinstance(privileged, Set) and privileged.value:
        return Set("Unmasked", privileged.source, Origin.PLATFORM)
    lists = (host.texts("MaskedPaths"), host.texts("ReadonlyPaths"))
    for listed in lists:
        if isinstance(listed, Unknown):
            return listed
        if isinstance(listed, Set) and not listed.value:
            return Set("Unmasked", listed.source)
    written = next((listed for listed in lists if isinstance(listed, Set)), None)
    return (
        Set("Default", host.at("MaskedPaths").source, Origin.PLATFORM)
        if written is None
        else Set("Default", written.source)
    )


__all__ = ["read_proc_mount"]
