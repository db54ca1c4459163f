"""Credentials for a registry that the swarm keeps with a service, as `--with-registry-auth` gave them.

An update without X-Registry-Auth keeps those of the service as it is, or with `registryAuthFrom=previous-spec` as it
was before; the manager and the nodes log in with them wherever the new image's name leads, and no answer of the engine
says whether there are any. So they go to the registry of the image that they stand beside, and to no other. A rollback
takes the image and its credentials together. The engine shows its plugin no login at all, so that behind the plugin
alone nobody can send one along. Sources: moby daemon/cluster/services.go, UpdateService; swarmkit
manager/controlapi/service.go, UpdateService.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Protocol

from ...readers.api_object import ApiObject
from ..decision import Refusal, refused
from ..request_body import body_of
from ..routes import Call
from .registries import registry_host

_TITLE = "Credentials of a service go to the registry that they were given for"


class LoginLookup(Protocol):
    async def service(self, reference: str) -> Mapping[str, Any] | None:
        """`GET /services/{id}`. Raises EngineError."""


async def refused_kept_login(call: Call, engine: LoginLookup) -> AsyncIterator[Refusal]:
    """For who is no admin. Raises EngineError."""
    if call.route.action != "services/update" or call.has_login:
        return
    service = ApiObject(await engine.service(call.names["object"]), "GET /services/{id}")
    for refusal in refused_login_of(call, service):
        yield refusal


def refused_login_of(call: Call, service: ApiObject) -> Iterator[Refusal]:
    """`service`: as it is there."""
    if call.has_login:
        return
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
            "at the guard's own socket send your own login, or an empty one (docker service update, or docker stack "
            "deploy, --with-registry-auth); behind the plugin alone logins are not seen: recreate the service",
        )
