"""The connection to a host ends in the middle of a deploy: the service goes on there, and the next run finishes."""

from __future__ import annotations

import pytest

from machines.ssh_servers import SshServer
from patience import patience

from .shops import Shop
from .test_deploy_faults import NEVER, until

pytestmark = [pytest.mark.engine, pytest.mark.ssh]


@pytest.mark.parametrize("order", ["start-first", "stop-first"])
def test_a_lost_connection(shop: Shop, far: tuple[SshServer, str], order: str) -> None:
    server, host = far
    ordered = {"update_config": {"order": order}}
    shop.compose({"web": shop.service(deploy=ordered)})
    shop.deploy("--host", host)
    before = shop.containers()

    shop.waits_for_health()
    shop.compose({"web": {**shop.service(deploy=ordered, environment={"NEW": "1"}), "healthcheck": NEVER}})
    process = shop.begin("deploy", "--yes", "--host", host)
    wanted = 2 if order == "start-first" else 1
    until(lambda: len(set(shop.containers()) - set(before)) == 1 and len(shop.containers()) == wanted)
    server.kill_connections()
    said = process.communicate(timeout=patience(60))[0].decode()
    assert process.returncode not in (0, 18, 14), said
    assert "was lost" in said and "dockworthy deploy again" in said
    until(lambda: set(before) <= set(shop.containers()))

    shop.compose({"web": shop.service(deploy=ordered, environment={"NEW": "2"})})
    shop.deploy("--host", host)
    (web,) = shop.containers(every=True)
    assert "NEW=2" in shop.engine.inspect(web)["Config"]["Env"]
    folder = server.folder / "home" / ".local" / "state" / "dockworthy" / "releases" / shop.name
    assert not list(folder.glob("swap.*")) and len(list(folder.glob("[0-9]*.json"))) == 3
