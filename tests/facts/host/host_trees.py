"""Builds a host's files below a temporary root, as the kernel and a distribution would lay them."""

from __future__ import annotations

from pathlib import Path

from dockworthy.facts.host import read_host
from dockworthy.model.host import Host

LISTENS = 0x10000
UNIX_HEADER = "Num       RefCount Protocol Flags    Type St Inode Path\n"
NET_HEADER = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
ROOT_MOUNT = "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard\n"


class Tree:
    """A host's root. Paths are the host's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, path: str) -> Path:
        place = self.folder / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        return place

    def write(self, path: str, content: str | bytes = "", mode: int = 0o644) -> None:
        place = self.path(path)
        place.write_bytes(content.encode() if isinstance(content, str) else content)
        place.chmod(mode)

    def link(self, path: str, target: str) -> None:
        self.path(path).symlink_to(target)

    def process(
        self, pid: int, executable: str, *arguments: str, sockets: tuple[int, ...] = (), uid: int = 0, limits: str = ""
    ) -> None:
        """A process as /proc shows it, with these socket inodes open."""
        folder = f"/proc/{pid}"
        self.write(f"{folder}/cmdline", "\0".join(arguments or (executable,)) + "\0")
        self.write(f"{folder}/comm", executable.rsplit("/", 1)[-1][:15] + "\n")
        self.write(f"{folder}/status", f"Name:\tx\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n")
        self.write(f"{folder}/oom_score_adj", "-500\n")
        self.write(f"{folder}/limits", limits)
        if executable:
            self.link(f"{folder}/exe", executable)
        self.link(f"{folder}/ns/net", "net:[4026531833]")
        self.path(f"{folder}/fd/0").symlink_to("/dev/null")
        for number, inode in enumerate(sockets, start=3):
            self.link(f"{folder}/fd/{number}", f"socket:[{inode}]")

    def network(self, unix: dict[int, str], tcp: str = "", tcp6: str = "", udp: str = "", pid: int = 1) -> None:
        """The socket tables of a network namespace; `unix`: inode -> path that listens."""
        rows = "".join(
            f"00000000542cca37: 00000002 00000000 {LISTENS:08X} 0001 01 {inode:5} {path}\n"
            for inode, path in unix.items()
        )
        self.write(f"/proc/{pid}/net/unix", UNIX_HEADER + rows)
        self.write(f"/proc/{pid}/net/tcp", NET_HEADER + tcp)
        self.write(f"/proc/{pid}/net/tcp6", NET_HEADER + tcp6)
        self.write(f"/proc/{pid}/net/udp", NET_HEADER + udp)

    def read(self, socket: str = "/var/run/docker.sock") -> Host:
        return read_host(self.folder, socket=socket)


def debian(tree: Tree) -> Tree:
    """A Debian host with a running engine that has the default settings."""
    tree.write("/etc/os-release", 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nID=debian\nVERSION_ID="13"\n')
    tree.link("/var/run", "/run")
    tree.link("/lib", "usr/lib")
    tree.write("/proc/version", "Linux version 6.12.48+deb13-amd64 (x@y) (gcc) #1 SMP Debian 6.12.48-1 (2025-09-20)\n")
    tree.write("/proc/sys/kernel/osrelease", "6.12.48+deb13-amd64\n")
    tree.write("/proc/sys/kernel/version", "#1 SMP PREEMPT_DYNAMIC Debian 6.12.48-1 (2025-09-20)\n")
    tree.write("/proc/sys/kernel/hostname", "shop\n")
    tree.write("/proc/sys/net/ipv4/ip_forward", "1\n")
    tree.write("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\nann:x:1000:1000::/home/ann:/bin/bash\n")
    tree.write("/etc/group", "root:x:0:\ndocker:x:105:ann\nann:x:1000:\n")
    tree.write("/etc/shadow", "root:!:1::::::\nann:$y$secrethash:1::::::\n", mode=0o640)
    tree.write("/usr/lib/systemd/system/docker.service", "[Service]\nExecStart=/usr/sbin/dockerd -H fd://\n")
    tree.write("/usr/sbin/dockerd", "x", mode=0o755)
    tree.write("/var/lib/docker/x")
    tree.process(1, "/usr/lib/systemd/systemd", sockets=(700,))
    tree.write("/proc/1/mountinfo", ROOT_MOUNT)
    tree.process(500, "/usr/sbin/dockerd", "/usr/sbin/dockerd", "-H", "fd://", sockets=(700,))
    tree.network({700: "/run/docker.sock"})
    tree.write("/run/docker.pid", "500\n")
    tree.write("/run/docker.sock")
    return tree
