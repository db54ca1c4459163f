"""Credentials for a registry that the swarm keeps with a service, as `--with-registry-auth` gave them.

An update without X-Registry-Auth keeps those of the service as it is, or with `registryAuthFrom=previous-spec` as it
was before; the manager and the nodes log in with them wherever the new image's name leads, and no answer of the engine
says whether there are any. So they go to the registry of the image that they stand beside, and to no other. A rollback
takes the image and its credentials together. Sources: moby daemon/cluster/services.go, UpdateService; swarmkit
manager/controlapi/service.go, UpdateService.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from ...readers.api_object import ApiObject
from ..decision import Refusal, refused
from ..judges.registries import registry_host
from ..routes import Call
from .device_nodes import Engine, body_of

_TITLE = "Credentials of a service go to the registry that they were given for"


async def refused_kept_login(call: Call, engine: Engine) -> AsyncIterator[Refusal]:
    """For who is no admin. Raises EngineError."""
    if call.route.action != "services/update" or call.has_login:
        return
    service = ApiObject(await engine.service(call.names["object"]), "GET /services/{id}")
    version, asked = service.at("Version", "Index").data, call.query.get("version", "")
    if asked != str(version):  # the engine changes no other one than that which was looked at here
        yield refused(
            "guard/registry-login",
            _TITLE,
            f"update out of sequence: it is for version {asked or 'none'}, and the service has {version or 'none'}",
            "look at the service again, and update what it is now",
        )
        return
    kept = "PreviousSpec" if call.query.get("registryAuthFrom") == "previous-spec" else "Spec"
    before = registry_host(service.word(kept, "TaskTemplate", "ContainerSpec", "Image"))
    after = registry_host(body_of(call).word("TaskTemplate", "ContainerSpec", "Image"))
    if before != after:
        yield refused(
            "guard/registry-login",
            _TITLE,
            f"the swarm would log in at {after} with what it may keep of this service for {before}",
            "send your own login, or an empty one: docker service update (or docker stack deploy) --with-registry-auth",
        )


__all__ = ["refused_kept_login"]
