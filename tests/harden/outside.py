"""A machine outside: a network namespace beside a host of a test's own, joined by a cable."""

from __future__ import annotations

import json
import sys

from machines.own_host import OwnHost
from patience import patience

HOST, CLIENT = "192.0.2.1", "192.0.2.2"
HOST_IPV6, CLIENT_IPV6 = "2001:db8::1", "2001:db8::2"
OFFICE = "10.9.0.2"
"""A second address of the client."""

_CABLE = f"""
ip netns add outside
ip link add eth0 type veth peer name eth0 netns outside
ip address add {HOST}/24 dev eth0 && ip address add 10.9.0.1/24 dev eth0
ip -6 address add {HOST_IPV6}/64 dev eth0 nodad && ip link set eth0 up
ip -n outside address add {CLIENT}/24 dev eth0 && ip -n outside address add {OFFICE}/24 dev eth0
ip -n outside -6 address add {CLIENT_IPV6}/64 dev eth0 nodad
ip -n outside link set eth0 up && ip -n outside link set lo up
mkdir -p /run/etc/up /run/etc/work
mount -t overlay -o lowerdir=/etc,upperdir=/run/etc/up,workdir=/run/etc/work overlay /etc
"""
_ASK = """
import json, socket, sys
from concurrent.futures import ThreadPoolExecutor
most = float(sys.argv[1])
def asked(way):
    kind, source, address, port = way
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        if kind == "udp":
            with socket.socket(family, socket.SOCK_DGRAM) as client:
                client.settimeout(most)
                client.bind((source, 0))
                client.connect((address, port))
                try:
                    return client.send(b"hello") > 0 and client.recv(100) != b""
                except ConnectionRefusedError:
                    return True  # the container itself says that nobody listens there
        with socket.create_connection((address, port), most, (source, 0)) as client:
            client.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
            return client.recv(100) != b""
    except OSError:
        return False
with ThreadPoolExecutor(20) as pool:
    print(json.dumps(list(pool.map(asked, json.load(sys.stdin)))))
"""


def join(host: OwnHost) -> None:
    """The cable; and an /etc of the host's own: what is written there goes with it."""
    host.run("sh", "-ec", _CABLE)


def reached(host: OwnHost, *ways: tuple[str, str, str, int]) -> list[bool]:
    """(`tcp` or `udp`, the client's address, the host's, port): does somebody answer there? All are asked at once."""
    done = host.run(
        "ip", "netns", "exec", "outside", sys.executable, "-c", _ASK, str(patience(1)), input=json.dumps(ways).encode()
    )  # fmt: skip
    answers: list[bool] = json.loads(done.stdout)
    return answers


def ports_reached(host: OwnHost, *ports: int, source: str = CLIENT, address: str = HOST) -> list[int]:
    """Of these ports, those that answer over TCP."""
    answers = reached(host, *(("tcp", source, address, port) for port in ports))
    return [port for port, answer in zip(ports, answers, strict=True) if answer]
