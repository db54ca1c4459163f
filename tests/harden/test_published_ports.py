"""Published ports obey the host's intended exposure: asked from another network namespace, on a real engine."""

from __future__ import annotations

import contextlib
import select
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from harden.outside import CLIENT, CLIENT_IPV6, HOST, HOST_IPV6, OFFICE, join, ports_reached, reached
from machines.images import BUSYBOX
from machines.own_host import OwnHost

pytestmark = pytest.mark.engine

CONTROL = "machine/port-behind-firewall"
UFW = """
*filter
:INPUT DROP [0:0]
:ufw-before-input - [0:0]
:ufw-user-input - [0:0]
:ufw-not-local - [0:0]
-A INPUT -j ufw-before-input
-A ufw-before-input -i lo -j ACCEPT
-A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A ufw-before-input -m conntrack --ctstate INVALID -j DROP
-A ufw-before-input -p icmp -m icmp --icmp-type 8 -j ACCEPT
-A ufw-before-input -p udp -m udp --sport 67 --dport 68 -j ACCEPT
-A ufw-before-input -j ufw-not-local
-A ufw-before-input -d 224.0.0.251/32 -p udp -m udp --dport 5353 -j ACCEPT
-A ufw-before-input -j ufw-user-input
-A ufw-not-local -m addrtype --dst-type LOCAL -j RETURN
-A ufw-not-local -m addrtype --dst-type MULTICAST -j RETURN
-A ufw-not-local -m addrtype --dst-type BROADCAST -j RETURN
-A ufw-not-local -m limit --limit 3/min --limit-burst 10 -j LOG
-A ufw-not-local -j DROP
-A ufw-user-input -p tcp -m tcp --dport 22 -j ACCEPT
-A ufw-user-input -p tcp -m tcp --dport 8080 -j ACCEPT
-A ufw-user-input -p udp -m udp --dport 5300 -j ACCEPT
-A ufw-user-input -s 10.9.0.0/24 -p tcp -m tcp --dport 8082 -j ACCEPT
COMMIT
"""


@pytest.fixture(autouse=True)
def cable(host: OwnHost) -> None:
    join(host)


DECLARED = """
harden:
  published:
    8080/tcp: internet
    8081/tcp: private
    8082/tcp: [10.9.0.0/24, "2001:db8::/64"]
"""


def shop(host: OwnHost) -> None:
    """8080, 8081 and 8082 lead to one web server; 5300/udp and 5301/udp to a port that nobody listens on."""
    image = host.load_busybox()
    publish = [word for port in (8080, 8081, 8082) for word in ("-p", f"{port}:80")]
    host.docker("run", "-d", "--name", "web", *publish, image, "httpd", "-f", "-p", "80")
    host.docker("run", "-d", "--name", "names", "-p", "5300:53/udp", "-p", "5301:53/udp", image, "sleep", "3600")


@contextlib.contextmanager
def talking(host: OwnHost, port: int) -> Iterator[Callable[[str], str]]:
    """A connection from outside that stays open: what is said comes back."""
    client = subprocess.Popen(
        [*host.inside, "ip", "netns", "exec", "outside", "busybox", "nc", HOST, str(port)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
    )  # fmt: skip
    assert client.stdin is not None and client.stdout is not None
    inward, outward = client.stdin, client.stdout

    def say(word: str) -> str:
        inward.write(f"{word}\n")
        return outward.readline().strip() if select.select([outward], [], [], 10)[0] else ""

    try:
        yield say
    finally:
        client.kill()
        client.communicate()


def fetches(host: OwnHost, network: str, port: int) -> bool:
    """Does a container on that network reach a published port by the host's address?"""
    done = host.docker("run", "--rm", "--network", network, BUSYBOX,
                       "wget", "-T", "2", "-O", "/dev/null", f"http://{HOST}:{port}/", check=False)  # fmt: skip
    return b"404" in done.stderr


def stop_engine(host: OwnHost) -> None:
    host.run("sh", "-c", "kill $(cat /var/run/docker.pid)")
    host.wait(lambda: host.run("test", "-e", "/var/run/docker.pid", check=False).returncode != 0, "the engine ends")


def harden(host: OwnHost, *more: str) -> Any:
    return host.dockworthy("harden", "--only", CONTROL, *more)


def rules(host: OwnHost) -> str:
    """Without counters and the hour."""
    return host.run("sh", "-c", "iptables -S; ip6tables -S").stdout.decode()


def test_a_port_that_the_firewall_denies_is_closed_and_the_intended_one_stays_open(host: OwnHost) -> None:
    host.run("iptables-restore", "--noflush", input=UFW.encode())
    host.start_engine({"live-restore": True})
    shop(host)
    assert ports_reached(host, 8080, 8081, 8082) == [8080, 8081, 8082], "past the firewall"
    assert reached(host, ("udp", CLIENT, HOST, 5301)) == [True]
    before = rules(host)

    running = host.running()
    done = harden(host, "--apply", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    plan = " ".join(done.stderr.split())
    assert "+-A DOCKWORTHY -p tcp -m conntrack --ctorigdstport 8080 -j RETURN" in plan
    assert "web, port 8081/tcp: open to nobody outside" in plan and "port 8082/tcp: open to 10.9.0.0/24" in plan
    assert ports_reached(host, 8080, 8081, 8082) == [8080]
    assert ports_reached(host, 8080, 8081, 8082, source=OFFICE) == [8080, 8082]
    assert reached(host, ("udp", OFFICE, HOST, 5300), ("udp", CLIENT, HOST, 5301)) == [True, False]
    assert host.running() == running
    again = harden(host)
    assert again.returncode == 0 and "DOCKWORTHY" not in again.stdout, "there is nothing left to do"
    after = rules(host)

    allowed = ("ufw-user-input", "-p", "tcp", "--dport", "8081", "-j", "ACCEPT")
    host.run("iptables", "-A", *allowed)
    more = harden(host, "--apply", "--yes")
    assert more.returncode == 0, more.stdout + more.stderr
    assert ports_reached(host, 8080, 8081, 8082) == [8080, 8081], "the firewall's new rule holds for it, too"
    host.run("iptables", "-D", *allowed)
    assert host.dockworthy("harden", "--undo").returncode == 0
    assert rules(host) == after, "the rules of the run before"
    taken = host.dockworthy("harden", "--undo")
    assert taken.returncode == 0, taken.stdout + taken.stderr
    assert rules(host) == before, "no trace"
    assert host.run("sh", "-c", "ls /etc/dockworthy /etc/init.d/dockworthy* /etc/rc?.d/*dockworthy*",
                    check=False).stdout == b""  # fmt: skip
    assert ports_reached(host, 8080, 8081, 8082) == [8080, 8081, 8082]


def test_nothing_else_changes_and_the_rules_come_back(host: OwnHost) -> None:
    """Between containers, also by the host's address; on the host; for a connection that exists. After a restart of the
    engine, after something emptied the chain, after a restart of the host."""
    host.run("iptables-restore", "--noflush", input=UFW.encode())
    host.start_engine({"userland-proxy": False, "live-restore": True})
    shop(host)
    host.run("iptables", "-I", "DOCKER-USER", "-s", "203.0.113.9", "-j", "DROP")
    host.docker("network", "create", "-o", "com.docker.network.bridge.name=shopbr0", "named")
    host.docker("run", "-d", "--name", "talk", "-p", "9000:9000", BUSYBOX, "nc", "-l", "-p", "9000", "-e", "cat")
    host.docker("run", "-d", "--network", "named", "-p", "8084:80", BUSYBOX, "httpd", "-f", "-p", "80")
    ways = [("bridge", 8081), ("named", 8084)]
    with talking(host, 9000) as say:
        assert say("before") == "before"
        done = harden(host, "--apply", "--yes")
        assert done.returncode == 0, done.stdout + done.stderr
        assert say("after") == "after", "a connection that exists is not cut"
    assert all(fetches(host, *way) for way in ways), "between containers, by the host's address"
    for address in ("127.0.0.1", HOST):
        fetched = host.run("busybox", "wget", "-T", "5", "-O", "/dev/null", f"http://{address}:8081/", check=False)
        assert b"404" in fetched.stderr, f"on the host, by {address}"
    host.docker("run", "-d", "--name", "late", "-p", "8083:80", BUSYBOX, "httpd", "-f", "-p", "80")
    assert ports_reached(host, 8080, 8083) == [8080], "what is published later is closed, too"
    ours = "-A DOCKER-USER -j DOCKWORTHY\n-A DOCKER-USER -j RETURN\n"
    assert f"-A DOCKER-USER -s 203.0.113.9/32 -j DROP\n{ours}" in rules(host), "people's own rules come first"

    stop_engine(host)
    host.start_engine()
    assert ports_reached(host, 8080, 8081) == [8080], "the engine has restarted"

    each_minute = host.read("/etc/cron.d/dockworthy-published-ports").splitlines()[-1].partition(" root ")[2]
    host.run("sh", "-c", "iptables -F DOCKER-USER; iptables -F DOCKWORTHY; iptables -A DOCKER-USER -j RETURN")
    assert ports_reached(host, 8080, 8081) == [8080, 8081]
    host.run("sh", "-c", each_minute)
    assert ports_reached(host, 8080, 8081) == [8080], "they are back after a minute"
    kept = rules(host)
    host.run("sh", "-c", each_minute)
    assert rules(host) == kept

    host.run("sh", "-c", "iptables -D FORWARD -j DOCKER-USER; iptables -A FORWARD -j DOCKER-USER")
    assert ports_reached(host, 8080, 8081) == [8080, 8081], "asked too late"
    host.run("sh", "-c", each_minute)
    assert ports_reached(host, 8080, 8081) == [8080]

    host.run("sh", "-c", "docker stop -t 0 $(docker ps -q)")
    stop_engine(host)
    host.run("sh", "-c", "iptables -P INPUT ACCEPT; for t in filter nat; do iptables -t $t -F; iptables -t $t -X; done")
    host.run("/etc/init.d/dockworthy-published-ports", "start")
    host.start_engine()
    host.docker("start", "web")
    assert ports_reached(host, 8080, 8081) == [8080], "the host has restarted"


@pytest.mark.parametrize("backend", ["nft", "legacy"])
def test_as_dockworthy_yaml_says(host: OwnHost, backend: str) -> None:
    """Over IPv6, too: by the engine's rules, and where its proxy takes the connections. The host has no firewall."""
    use_iptables(host, backend)
    host.write("/run/dockworthy.yaml", DECLARED)
    by_rules = {"experimental": True, "ip6tables": True, "ipv6": True, "fixed-cidr-v6": "fd00:5::/64"}
    host.start_engine(by_rules if backend == "nft" else {})
    shop(host)
    before = rules(host)
    everything = [8080, 8081, 8082]
    host.wait(  # the bridge's new address is tried first: nobody may have it already (RFC 4862, 5.4)
        lambda: ports_reached(host, *everything, address=HOST_IPV6, source=CLIENT_IPV6) == everything,
        "all ports are reached over IPv6",
    )

    done = harden(host, "--policy", "/run/dockworthy.yaml", "--apply", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert ports_reached(host, 8080, 8081, 8082) == [8080]
    assert ports_reached(host, 8080, 8081, 8082, source=OFFICE) == [8080, 8082]
    assert ports_reached(host, 8080, 8081, 8082, address=HOST_IPV6, source=CLIENT_IPV6) == [8080, 8082]
    assert ("-A INPUT -j DOCKWORTHY-PROXY" in rules(host)) is (backend == "legacy")
    if backend == "legacy":
        assert host.dockworthy("harden", "--undo").returncode == 0
        assert rules(host) == before


def use_iptables(host: OwnHost, backend: str) -> None:
    """The programs that the engine and everybody else on that host find."""
    for name in ("iptables", "iptables-restore", "iptables-save", "ip6tables", "ip6tables-restore", "ip6tables-save"):
        host.run("ln", "-sf", f"/usr/sbin/xtables-{backend}-multi", f"/etc/alternatives/{name}")
