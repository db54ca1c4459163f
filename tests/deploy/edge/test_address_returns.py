"""keepalived itself, on two hosts of a network: one that was cut off and comes back takes the address from nobody."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dockworthy.deploy.edge.address import FILE, AddressPlace, address_files
from machines.switch import Switch
from patience import wait_until

pytestmark = [
    pytest.mark.program,
    pytest.mark.skipif(
        shutil.which("keepalived") is None, reason="keepalived is not installed (sudo ./test installs it)"
    ),
    pytest.mark.skipif(os.geteuid() != 0, reason="namespaces are root's"),
]

ADDRESS = f"{Switch.network}.100"
HOSTS = {"m1": 1, "m2": 2, "m3": 3}
_DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL")


class Network:
    """m1 and m2 have an edge and keepalived, m3 is another node of the swarm."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.switch = Switch()
        self._started: list[subprocess.Popen[bytes]] = []
        self._inside: dict[str, tuple[str, ...]] = {}
        ours = Path("/proc/self/ns/net").readlink()
        for name, number in HOSTS.items():
            host = self._start("unshare", "--net", "sleep", "infinity")
            there = Path(f"/proc/{host.pid}/ns/net")
            wait_until(lambda there=there: there.readlink() != ours, "a namespace")  # type: ignore[misc]
            self.switch.plug(host.pid, number)
            self._inside[name] = ("nsenter", f"--net={there}")
            subprocess.run([*self._inside[name], "ip", "link", "set", "lo", "up"], check=True)

    def keepalived(self, name: str) -> None:
        folder = self.folder / name
        folder.mkdir()
        serves = "import http.server as s; s.HTTPServer(('', 80), s.SimpleHTTPRequestHandler).serve_forever()"
        self._start(*self._inside[name], sys.executable, "-c", serves, cwd=folder)
        places = {each: AddressPlace("eth0", f"{Switch.network}.{HOSTS[each]}") for each in ("m1", "m2")}
        nodes = {each: f"{Switch.network}.{number}" for each, number in HOSTS.items()}
        for file, text in address_files(name, f"{ADDRESS}/24", ("m1", "m2"), places, (80, None), nodes).items():
            (folder / file).write_text(text.replace("/etc/edge-address", str(folder)))
            (folder / file).chmod(0o644 if file == FILE else 0o755)
        pids = (f"--pid={folder}/pid", f"--vrrp_pid={folder}/vrrp")
        run = ("keepalived", "--dont-fork", "--log-console", "--vrrp", *pids, f"--use-file={folder}/{FILE}")
        self._start(*self._inside[name], *run, log=folder / "log")

    def in_touch(self, name: str) -> bool:
        """Does it say that others answer?"""
        said = [line for line in (self.folder / name / "log").read_text().splitlines() if "effective priority" in line]
        return bool(said) and int(said[-1].rpartition(" to ")[2]) > 200

    def holders(self) -> str:
        show = ("ip", "-o", "-4", "address", "show", "to", f"{ADDRESS}/32")
        have = [
            name for name in ("m1", "m2") if subprocess.run([*self._inside[name], *show], capture_output=True).stdout
        ]
        return " ".join(have)

    def unplug(self, name: str, *, carrier: bool) -> None:
        """`carrier`: the host sees its link up, and nobody behind it."""
        self._link(name, *(("nomaster",) if carrier else ("down",)))

    def plug_in(self, name: str) -> None:
        self._link(name, "master", "between")
        self._link(name, "up")

    def _link(self, name: str, *words: str) -> None:
        self.switch._ip("link", "set", f"host{HOSTS[name]}", *words)

    def _start(self, *command: str, log: Path | None = None, cwd: Path | None = None) -> subprocess.Popen[bytes]:
        with (log or Path(os.devnull)).open("ab") as out:
            started = subprocess.Popen(
                [*_DIES_WITH_US, *command], stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, cwd=cwd
            )
        self._started.append(started)
        return started

    def stop(self) -> None:
        for each in reversed(self._started):
            each.terminate()  # keepalived ends its own
            each.wait()
        self.switch.stop()


@pytest.fixture
def network() -> Iterator[Network]:
    folder = Path(tempfile.mkdtemp(prefix="dockworthy-test-", dir="/run"))  # scripts below /tmp are refused
    made = Network(folder)
    try:
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder)


@pytest.mark.parametrize("carrier", [True, False])
@pytest.mark.parametrize(("first", "away"), [("m1", "m1"), ("m2", "m2"), ("m2", "m1")])
def test_who_comes_back_takes_nothing(network: Network, first: str, away: str, carrier: bool) -> None:
    """Also m1, which stands first in `hosts`: it was the one that took the address back."""
    second = "m2" if first == "m1" else "m1"
    stays = "m2" if away == "m1" else "m1"
    network.keepalived(first)
    wait_until(lambda: network.holders() == first, f"{first} has the address")
    network.keepalived(second)
    wait_until(lambda: network.in_touch(first) and network.in_touch(second), "both hear each other")
    assert network.holders() == first
    network.unplug(away, carrier=carrier)
    wait_until(lambda: stays in network.holders(), f"{stays} has it while {away} is away")
    wait_until(lambda: not network.in_touch(away), f"{away} knows that it is cut off")
    network.plug_in(away)
    held = []

    def settled() -> bool:
        held.append(network.holders())
        return network.in_touch(away)

    wait_until(settled, f"{away} is back")
    assert network.holders() == stays and all(stays in each for each in held), held
