"""The edge of a host over ssh: made, told and asked through one connection; no Python of ours is there."""

from __future__ import annotations

import asyncio
import ssl

import pytest

from deploy.edge.clients import ask
from deploy.edge.conftest import EdgeHere, free_port
from dockworthy.deploy.edge.planned_change import EdgeChange
from dockworthy.deploy.edge.renewal import Renewer
from dockworthy.deploy.edge.running import EdgeRunner
from dockworthy.deploy.edge.status import edge_standing
from dockworthy.engine.site import reach
from dockworthy.engine.ssh.address import is_ssh
from dockworthy.model.deploy_settings import Route, Tls
from machines.ssh_fixtures import Servers
from machines.ssh_servers import USER
from patience import patience

pytestmark = [pytest.mark.engine, pytest.mark.ssh]

HOST = "far.example.com"


def test_the_edge_of_another_host(here: EdgeHere, serve: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    socket = here.engine.endpoint.removeprefix("unix://")
    server = serve(user_shell="/bin/sh", sudo=f"{USER} ALL=(root) NOPASSWD: ALL")
    endpoint = server.address(USER, socket)
    assert is_ssh(endpoint)
    far = EdgeHere(here.engine, here.state / "far", here.image, free_port(), free_port())
    far.state.mkdir(parents=True)
    _without_programs(monkeypatch)

    async def work() -> list[int]:
        async with reach(endpoint, command="deploy", sudo=True) as site:
            site.state = str(far.state)
            edge = EdgeRunner(site)
            routes = far.routes("far", Route(HOST, "web", 8000, health="/"), tls=Tls.INTERNAL)
            change = await edge.ensure(routes)
            assert change.started or change.recreated
            here.app("f1", "web.far")
            async with asyncio.timeout(patience(30)):
                while not await edge.admin.servers_up("far:web"):
                    await asyncio.sleep(0.1)
            probe = await ask(0, HOST, socket=str(await edge.admin.way("probe.sock")))
            assert await edge.would_change(routes) == EdgeChange()
            renewed = await Renewer(site).renew(frozenset({"far"}))
            assert (renewed.renewed, renewed.looked_at) == (("far",), True)
            (certificate,) = (await edge_standing(site)).certificates
            assert (certificate.names, round(certificate.days)) == ((HOST,), 397)
            trusted = ssl.create_default_context(cafile=str(far.state / "edge" / "authority" / "ca.pem"))
            return [probe.status, (await ask(far.http, HOST)).status, (await ask(far.https, HOST, tls=trusted)).status]

    here.clean()
    try:
        assert asyncio.run(work()) == [200, 308, 200]
    finally:
        here.clean()


def _without_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """No docker there: then the image goes through here. No openssl: then certificates are made here."""
    from dockworthy.engine.host_shell import HostShell, ScriptDone

    run = HostShell.run

    async def without(shell: HostShell, script: str, **options: object) -> ScriptDone:
        if " load --quiet" in script:
            return ScriptDone(127, "", "docker: not found")
        return await run(shell, script, **options)  # type: ignore[arg-type]

    within = HostShell.within

    async def none_there(shell: HostShell, script: str, **options: object) -> ScriptDone:
        if "dw_project=" in script and shell.name != "this host":
            return ScriptDone(44, "", "openssl is not installed on this host")
        return await within(shell, script, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(HostShell, "run", without)
    monkeypatch.setattr(HostShell, "within", none_there)
