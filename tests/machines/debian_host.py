"""A host of a test's own that is a Debian with systemd, reached by ssh as people reach theirs."""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from patience import Limit, patience

from . import leftovers
from .engines import clean_environment
from .program import run_dockworthy
from .ssh_servers import Clients, SshServer

_KEPT_FROM_IT = "-sys_module,-sys_boot,-sys_rawio,-mac_admin,-mac_override,-syslog,-audit_control,-audit_read"

_IN_ITS_OWN_CGROUP = """
mount -t cgroup2 none "$1"
mkdir -p "$1/$2"
echo 0 >"$1/$2/cgroup.procs"
umount "$1"
shift 2
exec "$@"
"""
"""Its systemd takes what it finds as the top: two hosts at the same one would end each other's services."""

_DERIVED = ("./ld.so.cache", "./audit/audit.rules.prev")


@dataclass
class DebianHost:
    """`inside` goes before a command of its own programs; `network` before one of the machine's that is to reach it."""

    folder: Path
    process: subprocess.Popen[bytes] = field(repr=False)
    inside: tuple[str, ...]
    network: tuple[str, ...]
    address: str = ""

    def run(self, *argv: str, input: str = "", check: bool = True) -> str:
        """What it printed. Raises AssertionError with what it said where it failed, unless `check` is off."""
        done = subprocess.run(
            [*self.inside, *argv],
            input=input,
            capture_output=True,
            text=True,
            timeout=patience(120),
            env=clean_environment(),
        )
        if check:
            assert done.returncode == 0, f"{argv}: {done.stdout}{done.stderr}"
        return done.stdout

    def shell(self, script: str) -> str:
        return self.run("sh", "-ec", script)

    def read(self, path: str) -> str:
        return self.run("cat", path)

    def write(self, path: str, text: str) -> None:
        self.run("sh", "-c", 'mkdir -p "$(dirname "$1")" && cat >"$1"', "sh", path, input=text)

    def dockworthy(self, *arguments: str, timeout: float = 180) -> subprocess.CompletedProcess[str]:
        return run_dockworthy(*arguments, "--host", self.address, inside=self.network, timeout=timeout)

    def settings(self) -> dict[str, str]:
        """Path -> kind, mode, owner and a digest of all that is in /etc, save what tools derive from the rest."""
        script = (
            "cd /etc && find . -printf '%p %y %m %U:%G %l\\n' | sort; "
            "find . -type f -print0 | sort -z | xargs -0 sha256sum | awk '{print $2, $1}'"
        )
        found: dict[str, str] = {}
        for line in self.shell(script).splitlines():
            path, _, rest = line.partition(" ")
            if path not in _DERIVED:
                found[path] = found.get(path, "") + rest
        return found

    def know(self, clients: Clients) -> None:
        """Root comes in with the clients' key."""
        key = clients.key.with_suffix(".pub").read_text()
        self.write("/root/.ssh/authorized_keys", key)
        self.shell("chmod 700 /root/.ssh; chmod 600 /root/.ssh/authorized_keys")
        host_key = self.read("/etc/ssh/ssh_host_ed25519_key.pub")
        name = f"debian-{hashlib.sha256(str(self.folder).encode()).hexdigest()[:8]}"
        server = SshServer(self.folder, 22, name, self.process)
        clients.know(server, trust=False)
        with clients.known_hosts.open("a") as known:  # on the usual port, the address stands without it
            known.write(f"{server.listens_at} {' '.join(host_key.split()[:2])}\n")
        self.address = server.address()

    def stop(self) -> None:
        """Everything that runs on it ends with its first process, and its changes go with its mounts."""
        self.process.kill()
        self.process.wait()
        leftovers.clean(self.folder)


def start_debian(lower: Path, folder: Path, *, may: Sequence[str] = ()) -> DebianHost:
    """Boots the Debian that lies in `lower`, which stays as it is; `folder` must not exist. Waits for its SSH server.

    `may`: capabilities that it has beyond those that can't reach the machine (`sys_time`).
    """
    for name in ("layer", "root"):
        (folder / name).mkdir(parents=True)
    script = Path(__file__).with_name("boot_debian.sh")
    bounded = _KEPT_FROM_IT + ("" if "sys_time" in may else ",-sys_time")
    with (folder / "errors").open("wb") as errors:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount",
             "sh", "-ec", _IN_ITS_OWN_CGROUP, "sh", str(folder / "root"), leftovers.cgroup_of(folder),
             "unshare", "--net", "--mount", "--pid", "--uts", "--ipc", "--cgroup", "--fork", "--kill-child",
             "setpriv", f"--bounding-set={bounded}", "sh", str(script), str(lower), str(folder)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors,
            start_new_session=True,
        )  # fmt: skip
    first = _first_process(process)
    every = ("--mount", "--pid", "--uts", "--ipc", "--cgroup", "--net", "--root", "--wd")
    host = DebianHost(
        folder, process, ("nsenter", f"--target={first}", *every), ("nsenter", f"--target={first}", "--net")
    )
    _wait_for_its_server(host)
    return host


def _first_process(process: subprocess.Popen[bytes], seconds: float = 60.0) -> str:
    limit = Limit(seconds)
    ours = os.readlink("/proc/self/ns/pid")
    while limit.left > 0 and process.poll() is None:
        for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
            with contextlib.suppress(OSError):  # what prepares it comes and goes
                if os.readlink(f"/proc/{child}/ns/pid") != ours:
                    return child
        time.sleep(0.02)
    raise AssertionError("the host did not begin to start")


def _wait_for_its_server(host: DebianHost, seconds: float = 60.0) -> None:
    limit = Limit(seconds)
    while "active" not in host.run("systemctl", "is-active", "ssh.service", check=False).split():
        if limit.left <= 0 or host.process.poll() is not None:
            said = (host.folder / "errors").read_text(errors="replace") + host.run("cat", "/run/boot.log", check=False)
            host.stop()
            raise AssertionError(f"the host did not come up: {said[-1500:]}")
        time.sleep(0.1)
