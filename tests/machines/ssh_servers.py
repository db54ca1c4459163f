"""An SSH server of the test's own on 127.0.0.1: its keys, accounts and sudo rules are apart from the machine's."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from patience import Limit, patience

from .reachable import make_reachable

USER = "dwtester"
UID = 54321
_ADDED = {
    "passwd": f"{USER}:x:{UID}:{UID}::{{home}}:{{shell}}\n",
    "group": f"{USER}:x:{UID}:\n",
    "shadow": f"{USER}:*:1::::::\n",
}


def why_no_ssh_server() -> str:
    """Why none can be started here; empty where one can."""
    if os.geteuid() != 0:
        return "no SSH server for this test: only root can start one (sudo ./test)"
    missing = [name for name in ("sshd", "ssh", "ssh-keygen", "unshare") if not _program(name)]
    return f"no SSH server for this test: {', '.join(missing)} not installed (openssh-server)" if missing else ""


@dataclass
class SshServer:
    """A running sshd. `name` is how the clients' configuration calls it; `folder` holds its keys, log and accounts."""

    folder: Path
    port: int
    name: str
    process: subprocess.Popen[bytes] = field(repr=False)
    listens_at: str = "127.0.0.1"

    def address(self, user: str = "root", path: str = "") -> str:
        return f"ssh://{user}@{self.name}{path}"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def stop(self) -> None:
        """Ends the server, its connections and its folder."""
        self.kill_connections()
        self.process.terminate()
        self.process.wait(timeout=patience(10))
        shutil.rmtree(self.folder, ignore_errors=True)  # also where it was stopped before

    def kill_connections(self) -> None:
        """Ends every process that serves a connection: the network is gone, as far as the client can tell."""
        for pid in _descendants(self.process.pid):
            with contextlib.suppress(ProcessLookupError, FileNotFoundError):
                # in another namespace the server itself is a child
                if b"[listener]" not in Path(f"/proc/{pid}/cmdline").read_bytes():
                    os.kill(pid, 9)


class Clients:
    """The tests' ssh configuration: which servers there are, whom to trust, and a `ssh` that uses it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.known_hosts = folder / "known_hosts"
        self.known_hosts.touch()
        self.config = folder / "config"
        self.config.touch()
        self.key = make_key(folder / "id")
        self.programs = folder / "bin"
        self.programs.mkdir()
        wrapper = self.programs / "ssh"
        wrapper.write_text(f'#!/bin/sh\nexec {_program("ssh")} -F {self.config} "$@"\n')
        wrapper.chmod(0o755)

    def know(self, server: SshServer, *, key: Path | None = None, trust: bool = True, settings: str = "") -> None:
        """`key`: which one to log in with; `trust`: put its host key into known_hosts."""
        with self.config.open("a") as config:
            config.write(
                f"Host {server.name}\n HostName {server.listens_at}\n Port {server.port}\n IdentitiesOnly yes\n"
                f" IdentityFile {key or self.key}\n UserKnownHostsFile {self.known_hosts}\n"
                f" GlobalKnownHostsFile /dev/null\n{settings}\n"
            )
        if trust:
            self.trust(server, server.folder / "host_key.pub")

    def trust(self, server: SshServer, public_key: Path) -> None:
        kind, key = public_key.read_text().split()[:2]
        with self.known_hosts.open("a") as known:
            place = server.listens_at if server.port == 22 else f"[{server.listens_at}]:{server.port}"
            known.write(f"{place} {kind} {key}\n")


def make_key(path: Path) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True, timeout=patience(30))
    return path


def start_ssh_server(
    name: str,
    clients: Clients,
    *,
    settings: Sequence[str] = (),
    user_shell: str = "",
    sudo: str = "",
    inside: Sequence[str] = (),
    listens_at: str = "127.0.0.1",
    own_keys: bool = False,
    for_others: Sequence[str] = (),
) -> SshServer:
    """Starts one, and waits until it listens. `settings` are lines of sshd_config.

    `user_shell` adds an ordinary account (USER) with that login shell, `sudo` its line in sudoers; both exist for this
    server alone. `inside` goes before the command: a server in another network then `listens_at` an address there.
    `own_keys`: root alone comes in with the clients' key, others with what is in their `.ssh`; for them the lines
    `for_others` hold.
    """
    folder = make_reachable("dockworthy-test-sshd-")  # an ordinary account must be able to read its keys there
    make_key(folder / "host_key")
    shutil.copy(f"{clients.key}.pub", folder / "authorized_keys")
    port = _free_port()
    lines = [
        f"Port {port}",
        f"ListenAddress {listens_at}",
        f"HostKey {folder}/host_key",
        f"AuthorizedKeysFile {folder}/authorized_keys",
        "StrictModes no",
        "UsePAM no",
        "PidFile none",
        "PermitRootLogin prohibit-password",
        *settings,
    ]
    if own_keys:
        lines += ["Match User *,!root", "AuthorizedKeysFile .ssh/authorized_keys", *for_others]
    (folder / "sshd_config").write_text("\n".join(lines) + "\n")
    Path("/run/sshd").mkdir(exist_ok=True)  # where sshd looks for it, whoever starts it
    mounts = _accounts(folder, user_shell, sudo) if user_shell else ""
    serve = f"{mounts}exec {_program('sshd')} -D -f {folder}/sshd_config -E {folder}/log"
    process = subprocess.Popen(
        [*inside, "setpriv", "--pdeathsig", "TERM", "unshare", "--mount", "sh", "-ec", serve],
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    server = SshServer(folder, port, f"dw-{name}", process, listens_at)
    _wait_until_it_listens(server)
    return server


def _accounts(folder: Path, shell: str, sudo: str) -> str:
    """Lines of shell that put account files with one more account over the machine's, in this mount namespace."""
    home = folder / "home"
    home.mkdir(mode=0o755)
    os.chown(home, UID, UID)
    lines = []
    for name, line in _ADDED.items():
        own = folder / name
        own.write_text(Path("/etc", name).read_text() + line.format(home=home, shell=shell))
        own.chmod(0o640 if name == "shadow" else 0o644)
        lines.append(f"mount --bind {own} /etc/{name}\n")
    if Path("/etc/sudoers").exists():
        rules = folder / "sudoers"
        rules.write_text(f"root ALL=(ALL:ALL) ALL\n{sudo}\n")
        rules.chmod(0o440)
        lines.append(f"mount --bind {rules} /etc/sudoers\n")
    return "".join(lines)


def _wait_until_it_listens(server: SshServer, seconds: float = 60.0) -> None:
    """By its own word: it may listen in another network than ours."""
    log = server.folder / "log"
    limit = Limit(seconds)
    while "Server listening" not in (log.read_text(errors="replace") if log.exists() else ""):
        if server.process.poll() is not None or limit.left <= 0:
            said = log.read_text(errors="replace") if log.exists() else "no log"
            server.stop()
            raise AssertionError(f"sshd did not come up: {said}")
        time.sleep(0.02)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _program(name: str) -> str:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin:/usr/bin:/bin") or ""


def _descendants(pid: int) -> list[int]:
    parents = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found and child not in found}:
        found |= more
    return sorted(found - {pid})
