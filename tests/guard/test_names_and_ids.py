"""A name may be spelt as another object's id begins: the engine looks it up once more, after the guard did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from guard.test_judging import AGENT, SHOP, World, ask, structs_of

TAME = structs_of(SHOP, PidMode="")
AGENTS, ELSE = AGENT["Id"], "ab" + "0" * 62
READ = "GET /containers/aaa/archive?path=/"


class Engine(World):
    """Its container `aaa` is a harmless one as long as nobody renames it, and `found` are the others by their ids."""

    async def container(self, reference: str) -> Mapping[str, Any] | None:
        return TAME if reference == "aaa" else self.found.get(reference)

    async def containers_beginning(self, beginning: str) -> tuple[str, ...]:
        return tuple(id for id in self.found if id.startswith(beginning))


class Ambiguous(Engine):
    async def container(self, reference: str) -> Mapping[str, Any] | None:
        return None if reference == "aaa" else self.found.get(reference)


@pytest.mark.parametrize("engine", [Engine, Ambiguous])
@pytest.mark.parametrize(
    ("line", "body"),
    [
        (READ, None),
        ("POST /containers/aaa/exec", {"Cmd": ["sh"]}),
        ("POST /containers/aaa/start", None),
        ("POST /containers/create", {"Image": "x", "HostConfig": {"VolumesFrom": ["aaa"]}}),
    ],
)
async def test_what_a_name_would_be_after_a_renaming_is_judged_too(engine: type[Engine], line: str, body: Any) -> None:
    decision = await ask(line, body, world=engine(**{AGENTS: AGENT}))
    assert "container agent" in decision.message()


async def test_a_good_name_that_is_spelt_like_an_id_stays_one() -> None:
    harmless = {**TAME, "Id": ELSE, "Name": "/other"}
    assert (await ask(READ, world=Engine())).allowed
    assert (await ask(READ, world=Engine(**{ELSE: harmless}))).allowed
    assert (await ask(READ.replace("aaa", "ab"), world=Engine(**{ELSE: harmless, AGENTS: AGENT}))).allowed


@pytest.mark.parametrize(("name", "allowed"), [("cafe", False), ("cafes", True), ("cafe0", True)])
async def test_a_network_called_as_the_id_of_the_hosts_begins(name: str, allowed: bool) -> None:
    """Of the swarm: the engine looks among its own for ids before it looks there for names."""
    world = Swarm(**{f"network_{name}": {"Id": "x" * 25, "Name": name, "Driver": "overlay"}})
    world.found = {**world.found, f"network_{BANK}": {"Id": BANK, "Name": "host", "Driver": "host"}}
    decision = await ask("POST /containers/create", {"Image": "x", "HostConfig": {"NetworkMode": name}}, world=world)
    assert decision.allowed is allowed, decision.message()


async def test_a_network_of_a_container_that_comes_later_is_not_joined() -> None:
    """The engine would keep the name, and look it up at each start: also when it starts the container itself."""
    later = {"Image": "x", "HostConfig": {"NetworkMode": "container:later"}}
    assert "is not there" in (await ask("POST /containers/create", later)).message()
    assert (await ask("POST /containers/create", later, world=World(later=TAME))).allowed
    by_name = structs_of(SHOP, NetworkMode="container:tame", PidMode="")
    world = World(shop=by_name, tame=TAME, **{ELSE: TAME})
    assert "by its name" in (await ask("POST /containers/shop/start", world=world)).message()
    world.found = {**world.found, "shop": structs_of(SHOP, NetworkMode=f"container:{ELSE}", PidMode="")}
    assert (await ask("POST /containers/shop/start", world=world)).allowed


@pytest.mark.parametrize("line", ["POST /containers/create?name={}", "POST /containers/shop/rename?name={}"])
async def test_nobody_is_called_as_another_ones_id(line: str) -> None:
    """`docker exec` with an id as `docker ps` shows it would be for who is called so."""
    body = {"Image": "x"} if "create" in line else None
    world = Engine(**{AGENTS: AGENT, "shop": TAME})
    assert "another container's id begins with" in (await ask(line.format(AGENTS[:12]), body, world=world)).message()
    assert "another container's id begins with" in (await ask(line.format(AGENTS[:4]), body, world=world)).message()
    for name in (AGENTS[:3], "c0ffee" * 3, "shop-web-1"):
        assert (await ask(line.format(name), body, world=world)).allowed


BANK, STORED = "cafe1" + "0" * 59, "4kq0" + "z" * 21
IDS = {"network": BANK, "service": STORED, "secret": f"secr{STORED}"[:25], "config": f"conf{STORED}"[:25]}


class Swarm(World):
    """With the network of another project, and one object of each kind that a swarm has."""

    async def ids_beginning(self, kind: str, beginning: str) -> tuple[str, ...]:
        id = IDS.get(kind, "")
        return (id,) if id.startswith(beginning) else ()


@pytest.mark.parametrize(
    ("line", "body", "id"),
    [
        ("POST /networks/create", {}, BANK),
        ("POST /services/create", {"TaskTemplate": {"ContainerSpec": {"Image": "shop"}}}, STORED),
        ("POST /secrets/create", {"Data": "eA=="}, IDS["secret"]),
        ("POST /configs/create", {"Data": "eA=="}, IDS["config"]),
    ],
)
async def test_no_other_object_is_called_as_another_ones_id(line: str, body: dict[str, Any], id: str) -> None:
    """`docker network connect` with an id that root pasted would join who is called so."""
    for name in (id[:4], id[:12], id):
        decision = await ask(line, {**body, "Name": name}, world=Swarm())
        assert "'s id begins with" in decision.message(), name
    for name in (id[:3], "shop", "beef", "shop_default", f"{id[:12]}-x"):
        assert "'s id begins with" not in (await ask(line, {**body, "Name": name}, world=Swarm())).message(), name


EDGE = {"Id": BANK, "Name": "dockworthy-edge", "Driver": "bridge"}


@pytest.mark.parametrize("joined", ["", "5" * 64, BANK])
@pytest.mark.parametrize("line", ["POST /containers/shop/start", "POST /containers/shop/restart"])
async def test_what_the_name_of_a_network_has_become_is_judged_at_the_start(line: str, joined: str) -> None:
    """`caf` was the container's own network, and is gone: the engine takes one whose id begins so."""
    settings = {"Networks": {"caf": {"NetworkID": joined}}}
    world = Swarm(shop=structs_of(SHOP, NetworkMode="caf", PidMode="") | {"NetworkSettings": settings})
    world.found = {**world.found, f"network_{BANK}": EDGE}
    assert (await ask(line, world=world)).allowed is (joined == BANK)


@pytest.mark.parametrize("own", [{}, {"network_caf": {"Id": "5" * 64, "Name": "caf", "Driver": "bridge"}}])
@pytest.mark.parametrize(
    ("line", "body"),
    [
        ("POST /networks/caf/connect", {"Container": "shop"}),
        ("POST /containers/create", {"Image": "x", "HostConfig": {"NetworkMode": "caf"}}),
        ("POST /containers/create", {"Image": "x", "NetworkingConfig": {"EndpointsConfig": {"caf": {}}}}),
    ],
)
async def test_nor_is_one_joined_that_may_be_the_edges(line: str, body: dict[str, Any], own: dict[str, Any]) -> None:
    world = Swarm(shop=TAME, **own)
    world.found = {**world.found, f"network_{BANK}": EDGE}
    assert "guard/edge" in (await ask(line, body, world=world)).message()
