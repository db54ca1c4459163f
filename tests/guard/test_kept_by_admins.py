"""What an admin's deploy keeps on a swarm: nobody below admin writes, changes or removes it, also behind the plugin
alone, where root proves each such request."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dockworthy.engine.root_proof import HEADER, seal
from dockworthy.guard.request import GuardRequest
from dockworthy.model.kept_on_swarm import ADMINS_RULE, OF_ADMINS
from guard import test_edge_secrets
from guard.guarded import Guarded, start_guard
from guard.test_edge_secrets import KEY, answered
from guard.test_judging import World, ask
from machines.own_host import OwnHost, start_host

NAME = "shop_dockworthy.release.1"
ROOTS, ANYBODYS = "m" * 25, "k" * 25
RELEASE = {"dockworthy.kind": "release", "dockworthy.project": "shop", "dockworthy.number": "1"}
OF_ROOT = {**RELEASE, OF_ADMINS: "yes"}


def world() -> World:
    found: dict[str, Any] = {}
    for kind in ("config", "secret"):
        roots = {"ID": ROOTS, "Spec": {"Name": NAME, "Labels": OF_ROOT}}
        anybodys = {"ID": ANYBODYS, "Spec": {"Name": "shop_dockworthy.release.2", "Labels": RELEASE}}
        found |= {f"{kind}_{NAME}": roots, f"{kind}_{ROOTS}": roots, f"{kind}_{ANYBODYS}": anybodys}
        found[f"{kind}_mmmm"] = {"ID": ANYBODYS, "Spec": {"Name": "mmmm", "Labels": {}}}
    return World(**found)


def attacks(kind: str) -> dict[str, tuple[str, Any]]:
    return {
        "one of root's": (f"POST /v1.45/{kind}/create", {"Name": "x", "Data": "eA==", "Labels": OF_ROOT}),
        "the label without a value": (f"POST /v1.45/{kind}/create", {"Name": "x", "Labels": {OF_ADMINS: ""}}),
        "an outcome": (
            f"POST /v1.45/{kind}/{ROOTS}/update?version=1",
            {"Name": NAME, "Labels": {**OF_ROOT, "dockworthy.outcome": "{}"}},
        ),
        "the label off": (f"POST /v1.45/{kind}/{ROOTS}/update?version=1", {"Name": NAME, "Labels": RELEASE}),
        "by its name": (f"POST /v1.45/{kind}/{NAME}/update?version=1", {"Name": NAME, "Labels": {}}),
        "the label on": (
            f"POST /v1.45/{kind}/{ANYBODYS}/update?version=1",
            {"Name": "shop_dockworthy.release.2", "Labels": OF_ROOT},
        ),
        "none": (f"DELETE /v1.45/{kind}/{ROOTS}", None),
        "none, by its name": (f"DELETE /v1.45/{kind}/{NAME}", None),
        "none, by a name that its id begins with": (f"DELETE /v1.45/{kind}/mmmm", None),
    }


@pytest.mark.parametrize("kind", ["configs", "secrets"])
async def test_what_is_of_an_admin_is_an_admins(kind: str) -> None:
    for what, (line, body) in attacks(kind).items():
        decision = await ask(line, body, world=world())
        assert ADMINS_RULE in {each.rule for each in decision.refusals}, (what, decision)


@pytest.mark.parametrize("kind", ["configs", "secrets"])
async def test_a_label_that_is_null_is_a_label(kind: str) -> None:
    """The engine keeps it with an empty text, by which it counts."""
    nothing = {OF_ADMINS: None}
    for line, body in (
        (f"POST /v1.45/{kind}/create", {"Name": "x", "Data": "eA==", "Labels": {**RELEASE, **nothing}}),
        (f"POST /v1.45/{kind}/{ANYBODYS}/update?version=1", {"Name": "shop_x", "Labels": {**RELEASE, **nothing}}),
    ):
        decision = await ask(line, body, world=world())
        assert not decision.allowed and "null" in decision.message(), (line, decision)


@pytest.mark.parametrize("kind", ["configs", "secrets"])
async def test_what_a_deployer_keeps_stays_the_deployers(kind: str) -> None:
    """Who may deploy may keep records of it; a rollback of somebody else's asks before it ships one."""
    for line, body in (
        (f"POST /v1.45/{kind}/create", {"Name": "shop_dockworthy.release.3", "Data": "eA==", "Labels": RELEASE}),
        (f"POST /v1.45/{kind}/{ANYBODYS}/update?version=1", {"Name": "shop_dockworthy.release.2", "Labels": RELEASE}),
        (f"DELETE /v1.45/{kind}/{ANYBODYS}", None),
        (f"DELETE /v1.45/{kind}/nowhere", None),
    ):
        decision = await ask(line, body, world=world())
        assert decision.allowed, (line, decision)


async def test_root_proves_that_it_is_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(test_edge_secrets, "world", world)
    for line, body in attacks("configs").values():
        method, _, target = line.partition(" ")
        content = b"" if body is None else json.dumps(body).encode()
        typed = {"Content-Type": "application/json"} if content else {"Content-Length": "0"}
        for headers, passes in (({HEADER: seal(KEY, method, target, content)}, True), ({}, False)):
            asked = GuardRequest(method=method, target=target, headers={**typed, **headers}, body=content)
            assert (await answered(KEY, asked))[0] is passes, line


DEPLOY = """
import asyncio, sys
from dockworthy.engine.site import reach
from dockworthy.deploy.store import SwarmStore
from dockworthy.model.compose_project import ComposeProject
from dockworthy.model.release import Release, ReleaseState

async def main():
    async with reach("unix:///var/run/docker.sock", command="deploy") as site:
        store = SwarmStore(site.engine, "shop")
        async with store.lock(who="somebody", doing="deploy"):
            number = await store.next_number()
            for state in (ReleaseState.PREPARED, ReleaseState.KEPT):
                await store.write(Release(number=number, project="shop", target="swarm", state=state,
                                          spec=ComposeProject.from_json({"name": "shop", "services": {}}), services={}))
            await store.keep_version("configs.app", b"one", mode=0o444, owner=None)
            await store.clean([])
        found = await store.releases()
        assert found[-1].state is ReleaseState.KEPT and found[-1].number == number, found
        print(number, *sorted(await store.not_by_admins(found)))

asyncio.run(main())
"""
SOMEBODY = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "env", "HOME=/tmp")


@pytest.fixture(scope="module")
def swarm(engines_folder: Path) -> Iterator[Guarded]:
    """A swarm whose guard is the plugin alone, and a socket that everybody may use."""
    host = start_host(engines_folder / "kept-by-admins")
    try:
        host.start_engine({})
        host.docker("swarm", "init", "--advertise-addr", "127.0.0.1")
        guard = start_guard(host)
        host.write("/etc/docker/daemon.json", '{"authorization-plugins": ["dockworthy"]}')
        host.run("kill", "-HUP", host.read("/var/run/docker.pid").strip())
        host.wait(lambda: b"denied by plugin" in host.docker("swarm", "ca", check=False).stderr, "the guard is asked")
        host.run("chmod", "0666", "/var/run/docker.sock")
        yield Guarded(host, guard)
    finally:
        host.stop()


def deployed(host: OwnHost, *more: str) -> list[str]:
    return host.run(*more, sys.executable, "-c", DEPLOY).stdout.decode().split()


@pytest.mark.engine
def test_roots_releases_are_roots_and_others_keep_their_own(swarm: Guarded) -> None:
    assert deployed(swarm.host) == ["1"]
    assert deployed(swarm.host, *SOMEBODY) == ["2", "2"]
    assert deployed(swarm.host) == ["3", "2"]
    found = swarm.ask("GET", "/v1.45/configs/shop_dockworthy.release.1").json
    forged = {"Name": NAME, "Labels": {**found["Spec"]["Labels"], "dockworthy.outcome": '{"spec": {}}'}}
    change = f"/v1.45/configs/{found['ID']}/update?version={found['Version']['Index']}"
    for answer in (
        swarm.ask("POST", change, forged),
        swarm.ask("DELETE", f"/v1.45/configs/{found['ID']}"),
        swarm.ask("DELETE", f"/v1.45/configs/{NAME}"),
        swarm.ask("DELETE", f"/v1.45/configs/{found['ID'][:10]}"),
        swarm.ask("POST", "/v1.45/configs/create", {"Name": "shop_x", "Data": "eA==", "Labels": OF_ROOT}),
    ):
        assert answer.refused and ADMINS_RULE.encode() in answer.body, answer
    nothing = {**RELEASE, OF_ADMINS: None}
    answer = swarm.ask("POST", "/v1.45/configs/create", {"Name": "shop_x", "Data": "eA==", "Labels": nothing})
    assert answer.refused and b"null" in answer.body, answer
    assert swarm.ask("DELETE", "/v1.45/configs/shop_dockworthy.release.2").status == 204
