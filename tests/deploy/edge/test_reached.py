"""What the edge meets where it reaches no container: that tells the application from the network between hosts."""

from __future__ import annotations

import pytest

from dockworthy.deploy.edge.project_edge import ReachedByEdge
from dockworthy.deploy.edge.routes import ServedRoute
from dockworthy.model.deploy_settings import Route

STATE = """1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_check_result srv_fqdn srv_port
9 shop:web 1 c1 10.0.1.7 2 0 3 web 8000
9 shop:web 2 c2 10.0.1.8 0 0 2 web 8000
9 shop:web 3 c3 - 0 0 2 web 8000
"""


class Admin:
    """HAProxy with one server that is well, and another one whose last check said this."""

    def __init__(self, status: str, code: str = "", said: str = "") -> None:
        self._stat = f"# pxname,svname,check_status,check_code,last_chk,\nshop:web,c2,{status},{code},{said},\n"

    async def servers_up(self, _: str) -> frozenset[str]:
        return frozenset({"10.0.1.7"})

    async def servers_state(self, _: str) -> str:
        return STATE

    async def ask(self, command: str) -> str:
        assert command == "show stat shop:web 4 -1"
        return self._stat


@pytest.mark.parametrize(
    ("admin", "meets", "silent"),
    [
        (Admin("L4TOUT"), "no answer at its address", True),
        (Admin("* L4CON", said="No route to host"), "no answer at its address", True),
        (Admin("L4CON", said="Connection refused"), "is refused at port 8000: does it listen there", False),
        (Admin("L7STS", "404"), "gets status 404 at /health of port 8000", False),
        (Admin("L7TOUT"), "gets no answer in time at /health", False),
        (Admin("INI"), "has not asked it yet", False),
    ],
)
async def test_by_haproxys_check(admin: Admin, meets: str, silent: bool) -> None:
    served = ServedRoute(Route(host="shop.example.com", service="web", port=8000, health="/health"))
    edge = ReachedByEdge(admin, {"shop:web": served})  # type: ignore[arg-type]
    assert await edge.all_up({"10.0.1.7"}) and not await edge.all_up({"10.0.1.7", "10.0.1.8"})
    (found,) = await edge.troubles({"10.0.1.7", "10.0.1.8"})
    assert found.address == "10.0.1.8" and meets in found.meets and found.silent is silent
    unnamed = await edge.troubles({"10.0.1.9"})
    assert unnamed[0].meets == "does not find it by its name"
