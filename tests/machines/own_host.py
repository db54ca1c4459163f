"""A host of the test's own, where an engine is at the usual places: processes, mounts and network are apart.

What a host remembers (/var/lib/dockworthy), its engine's settings and data, /run and the kernel settings' files are
fresh there; the rest of /etc is a copy that can be written to; programs are this machine's, and so are kernel settings,
which can only be read, save those of the network. All of it ends with one process.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from patience import Limit, patience

from . import leftovers
from .engines import clean_environment
from .images import BUSYBOX, busybox_root
from .program import run_dockworthy

_CONTAINERD = """
mkdir -p /run/containerd
cat >/run/containerd.toml <<'end'
version = 2
root = "/run/containerd-root"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
end
exec containerd --config /run/containerd.toml >>/var/log/containerd 2>&1
"""

_FRESH = ("/run", "/var/lib/dockworthy", "/etc/docker", "/var/lib/docker", "/etc/sysctl.d", "/var/log")
_SET_UP = """
mount --make-rprivate / && mount --make-rshared / || exit 20
mkdir -p {folder}/etc && mount -t tmpfs tmpfs {folder}/etc && mkdir {folder}/etc/upper {folder}/etc/work &&
    mount -t overlay -o lowerdir=/etc,upperdir={folder}/etc/upper,workdir={folder}/etc/work overlay /etc || exit 23
rm -rf /etc/dockworthy /etc/dockworthy.yaml
for place in {places}; do mkdir -p $place && mount -t tmpfs -o mode=0755 tmpfs $place || exit 21; done
mount -o remount,nosuid,nodev /run || exit 26
mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys &&
    mount --bind /proc/sys/net /proc/sys/net && mount -o remount,bind,rw /proc/sys/net || exit 24
if [ -e /proc/sysrq-trigger ]; then
    mount --bind /proc/sysrq-trigger /proc/sysrq-trigger && mount -o remount,bind,ro /proc/sysrq-trigger || exit 25
fi
mkdir -p /run/lock /run/netns && ip link set lo up || exit 22
echo ready >{folder}/ready
exec sleep infinity
"""


@dataclass
class OwnHost:
    """`inside` goes before a command that is to run on the host."""

    folder: Path
    process: subprocess.Popen[bytes] = field(repr=False)
    inside: tuple[str, ...] = ()
    started: list[subprocess.Popen[bytes]] = field(default_factory=list, repr=False)

    def run(self, *argv: str, input: bytes | None = None, check: bool = True) -> subprocess.CompletedProcess[bytes]:
        done = subprocess.run(
            [*self.inside, *argv], input=input, capture_output=True, timeout=patience(120), env=clean_environment()
        )
        if check:
            assert done.returncode == 0, f"{argv}: {done.stderr.decode(errors='replace')}"
        return done

    def dockworthy(self, *arguments: str, timeout: float = 180) -> subprocess.CompletedProcess[str]:
        return run_dockworthy(*arguments, inside=self.inside, timeout=timeout)

    def docker(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
        return self.run("docker", *arguments, check=check)

    def read(self, path: str) -> str:
        return self.run("cat", path).stdout.decode()

    def write(self, path: str, text: str) -> None:
        self.run("sh", "-c", 'mkdir -p "$(dirname "$1")" && cat >"$1"', "sh", path, input=text.encode())

    def start_engine(self, settings: Mapping[str, Any] | str | None = None, *flags: str) -> None:
        """As `dockerd` alone would be started, with these settings in daemon.json. Waits until it answers.

        It finds the host's containerd at its usual place, as where packages bring both: such an engine restarts in a
        third of the time of one that has to end and start its own.
        """
        if settings is not None:
            self.write("/etc/docker/daemon.json", settings if isinstance(settings, str) else json.dumps(settings))
        listens = ("test", "-S", "/run/containerd/containerd.sock")
        if self.run(*listens, check=False).returncode:
            self._start("sh", "-ec", _CONTAINERD)
            self.wait(lambda: self.run(*listens, check=False).returncode == 0, "containerd listens")
        command = (
            "exec dockerd --exec-opt native.cgroupdriver=cgroupfs "
            f"--cgroup-parent /{leftovers.cgroup_of(self.folder)} {' '.join(flags)} >>/var/log/dockerd 2>&1"
        )
        self._start("sh", "-c", command)
        self.wait(lambda: self.docker("version", check=False).returncode == 0, "the engine answers")

    def _start(self, *argv: str) -> None:
        self.started.append(
            subprocess.Popen([*self.inside, "setsid", *argv], stdin=subprocess.DEVNULL, env=clean_environment())
        )

    def load_busybox(self) -> str:
        self.run("docker", "import", "--change", "ENV PATH=/bin", "-", BUSYBOX, input=busybox_root())
        return BUSYBOX

    def running(self) -> dict[str, str]:
        """Name -> when it was started, of the containers that run."""
        names = self.docker("ps", "--format", "{{.Names}}").stdout.decode().split()
        started = (self.docker("inspect", "-f", "{{.State.StartedAt}}", name).stdout.decode().strip() for name in names)
        return dict(zip(names, started, strict=True))

    def wait(self, condition: Any, what: str, seconds: float = 60.0) -> None:
        limit = Limit(seconds)
        while not condition():
            assert limit.left > 0, f"{what}: not within {seconds:.0f} s"
            time.sleep(0.1)

    def stop(self) -> None:
        """Everything that runs on the host ends with its first process."""
        self.process.kill()
        self.process.wait()
        for process in self.started:
            process.wait(patience(30))
        leftovers.clean(self.folder)


def start_host(folder: Path) -> OwnHost:
    """`folder` must not exist; it goes with the host."""
    folder.mkdir(parents=True)
    script = _SET_UP.format(places=" ".join(_FRESH), folder=folder)
    process = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "--mount", "--pid", "--fork", "--kill-child",
         "--mount-proc", "sh", "-c", script],
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    host = OwnHost(folder, process)
    host.wait(lambda: (folder / "ready").exists() or process.poll() is not None, "the host is set up")
    assert process.poll() is None, "the host could not be set up"
    first = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0]
    host.inside = ("nsenter", f"--target={first}", "--net", "--mount", "--pid")
    return host
