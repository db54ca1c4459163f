"""All processes of the host at once: what of every one is needed to find the engine's and the containers'."""

from __future__ import annotations

import errno
import os
import re

from ...engine.ssh.shell import Reply
from .capture import Capture, ReadFault
from .replies import by_path, link_of_ls

FILES = ("status", "cgroup", "uid_map", "attr/current", "attr/apparmor/current")
_LINKS = ("exe", *(f"ns/{name}" for name in ("net", "pid", "ipc", "uts", "mnt", "user", "cgroup")))

SCRIPT = f"names all /proc\nprocesses files {' '.join(FILES)}\nlinks links\nsockets sockets\n".encode()

_FOLDER = re.compile(rb"/proc/(\d{1,20})/fd:")
_SOCKET = re.compile(rb" -> socket:\[(\d{1,20})\]$")
_HIDDEN = re.compile(rb"/proc/(\d{1,20})/fd\b")


def take(capture: Capture, reply: Reply) -> None:
    """A reply to SCRIPT."""
    if reply.id == "all":
        capture.names["/proc"] = [name for name in os.fsdecode(reply.content).split("/") if name]
    elif reply.id == "files":
        capture.contents.update(by_path(reply.content))
        capture.swept.update(FILES)
    elif reply.id == "links":
        _take_links(capture, reply.content)
        capture.swept.update(_LINKS)
    elif reply.id == "sockets":
        capture.sockets.update(sockets_in(reply.content))
    elif reply.id == "sockets.errors":
        capture.hidden.update(int(pid) for pid in _HIDDEN.findall(reply.content))


def _take_links(capture: Capture, content: bytes) -> None:
    denied = ReadFault(errno.EACCES, os.strerror(errno.EACCES))
    for line in content.split(b"\n"):
        found = link_of_ls(line)
        if found is None:
            continue
        path, target = found
        if "?" in target:  # letters that ls does not print: it is asked by itself, where it is needed
            capture.unclear.add(path)
        else:
            capture.links[path] = target or denied


def sockets_in(content: bytes) -> dict[int, list[int]]:
    """The output of `ls -n /proc/*/fd`, headings and sockets -> pid -> inodes."""
    found: dict[int, list[int]] = {}
    pid = 0
    for line in content.split(b"\n"):
        heading = _FOLDER.fullmatch(line)
        socket = _SOCKET.search(line)
        if heading:
            pid = int(heading[1])
        elif socket and pid:
            found.setdefault(pid, []).append(int(socket[1]))
    return found
