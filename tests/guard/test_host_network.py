"""Networks over addresses that the host itself sends to."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockworthy.facts.host.root import Root
from dockworthy.guard.host_network import addresses_of_host
from guard.test_judging import ask
from guard.worlds import EmptyWorld

ROUTES = """\
Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	0100A8C0	0003	0	0	0	00000000	0	0	0
eth0	0000A8C0	00000000	0001	0	0	0	00FFFFFF	0	0	0
tun0	0000000A	00000000	0001	0	0	0	000000FF	0	0	0
docker0	000011AC	00000000	0001	0	0	0	0000FFFF	0	0	0
br-0123456789ab	000012AC	00000000	0001	0	0	0	0000FFFF	0	0	0
eth0	00020C0A	FE00A8C0	0003	0	0	0	00FFFFFF	0	0	0
"""


@pytest.fixture
def host(tmp_path: Path) -> Root:
    (tmp_path / "proc/net").mkdir(parents=True)
    (tmp_path / "proc/net/route").write_text(ROUTES)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/resolv.conf").write_text("nameserver 10.0.0.53\nnameserver fd00::53%eth0\nnameserver odd\n")
    root = Root(tmp_path)
    root.byteorder = "little"
    return root


def test_what_the_host_sends_to(host: Root) -> None:
    assert [network for network, _ in addresses_of_host(host)] == [
        "10.0.0.53", "fd00::53", "192.168.0.1", "192.168.0.0/24",
    ]  # fmt: skip


def test_a_host_without_any_of_it(tmp_path: Path) -> None:
    assert addresses_of_host(Root(tmp_path)) == ()


@pytest.mark.parametrize(
    ("subnet", "says"),
    [
        ("192.168.0.128/25", "in which the host itself is"),
        ("192.168.0.0/16", "the host's gateway"),
        ("10.0.0.52/30", "the host's name server"),
        ("fd00::/64", "the host's name server"),
        ("10.1.0.0/16", ""),
        ("192.168.1.0/24", ""),
        ("", ""),
    ],
)
async def test_a_network_keeps_off_them(host: Root, subnet: str, says: str) -> None:
    class There(EmptyWorld):
        def addresses_of_host(self) -> tuple[tuple[str, str], ...]:
            return addresses_of_host(host)

    body = {"Name": "n", "IPAM": {"Config": [{"Subnet": "10.9.0.0/24"}, {"Subnet": subnet}]}}
    decision = await ask("POST /networks/create", body, world=There())
    assert decision.allowed is (not says) and says in decision.message(), decision.message()
