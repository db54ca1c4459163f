"""A network between hosts of a test: a bridge in a namespace of its own, where no engine's firewall rules are."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from patience import Limit

_NETWORK = "10.204.7"


class Switch:
    """Its hosts have the addresses 10.204.7.N. It ends with its process, and its links with it."""

    network = _NETWORK

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "sleep", "infinity"], stdin=subprocess.DEVNULL
        )
        self._inside = ("nsenter", f"--net=/proc/{self._process.pid}/ns/net")
        self._wait()
        self._ip("link", "add", "between", "type", "bridge")
        self._ip("link", "set", "between", "up")

    def plug(self, pid: int, number: int) -> str:
        """Joins the network of process `pid`; its address there. A host may be plugged in once."""
        self._ip("link", "add", f"host{number}", "type", "veth", "peer", "name", "eth0", "netns", str(pid))
        self._ip("link", "set", f"host{number}", "master", "between", "up")
        address = f"{_NETWORK}.{number}"
        for words in (("address", "add", f"{address}/24", "dev", "eth0"), ("link", "set", "eth0", "up")):
            _run("nsenter", f"--net=/proc/{pid}/ns/net", "ip", *words)
        return address

    def cut(self, number: int) -> None:
        """That host is away from all others; what runs there goes on."""
        self._ip("link", "set", f"host{number}", "down")

    def mend(self, number: int) -> None:
        self._ip("link", "set", f"host{number}", "up")

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def _ip(self, *words: str) -> None:
        _run(*self._inside, "ip", *words)

    def _wait(self) -> None:
        """Until it has left our network."""
        ours, limit = Path("/proc/self/ns/net").readlink(), Limit(30)
        while Path(f"/proc/{self._process.pid}/ns/net").readlink() == ours:
            assert limit.left > 0, "no network namespace"
            time.sleep(0.01)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}: {done.stderr}"
