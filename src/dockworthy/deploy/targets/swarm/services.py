"""Makes, changes and removes services. Source: Engine API v1.45, /services."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from ....engine.connection import Connection
from ....engine.faults import NoSuchObject
from ....engine.registry_login import NO_LOGIN, registry_headers, registry_of
from ....errors import EngineError

_TRIES = 10


async def service_of(engine: Connection, name: str) -> dict[str, Any] | None:
    """As the swarm has it; None where there is none of that very name."""
    try:
        found: dict[str, Any] = await engine.get(f"/services/{quote(name)}")
    except NoSuchObject:
        return None
    return found if found["Spec"]["Name"] == name else None


async def create(engine: Connection, spec: Mapping[str, Any]) -> None:
    """The engine asks no registry: what runs was chosen already. What `docker login` stored goes to the nodes, which
    pull it (as with `docker service create --with-registry-auth`)."""
    await engine.send("POST", "/services/create", spec, headers=await _login(spec))


async def change(engine: Connection, name: str, to: Callable[[dict[str, Any]], Mapping[str, Any]]) -> None:
    """`to`: from its spec as it is to the one that it is to have. Again, where the swarm changed it meanwhile: each
    task that comes up counts as a change. Raises EngineError, NoSuchObject."""
    for _ in range(_TRIES):
        found = await service_of(engine, name)
        if found is None:
            raise NoSuchObject(f"the service {name} was removed by somebody else")
        version = found["Version"]["Index"]
        try:
            wanted = to(found["Spec"])
            path = f"/services/{found['ID']}/update?version={version}"
            await engine.send("POST", path, wanted, headers=await _login_after(wanted, found["Spec"]))
        except EngineError as error:
            if "out of sequence" not in error.says:
                raise
            continue
        return
    raise EngineError(f"the service {name} is changed by others all the time")


async def _login(spec: Mapping[str, Any]) -> dict[str, str]:
    return await registry_headers(_image(spec))


async def _login_after(wanted: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, str]:
    """Without a login the swarm keeps the one that it has: what was given for one registry would go to another."""
    found = await _login(wanted)
    moves = registry_of(_image(wanted)) != registry_of(_image(before))
    return dict(NO_LOGIN) if moves and not found else found


def _image(spec: Mapping[str, Any]) -> str:
    image: str = spec["TaskTemplate"]["ContainerSpec"]["Image"]
    return image


async def remove(engine: Connection, name: str) -> None:
    """One that is gone is no error."""
    try:
        await engine.send("DELETE", f"/services/{quote(name)}", answer=False)
    except NoSuchObject:
        return
