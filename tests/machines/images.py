"""Images for the tests, made here: nothing is pulled from anywhere."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from pathlib import Path

from .engines import OwnEngine

BUSYBOX = "dockworthy-test-busybox:1.0"
APPLETS = ("sh", "sleep", "httpd", "wget", "nc", "cat", "ls", "touch", "id", "true", "false", "kill", "mount", "ps")


def make_image(engine: OwnEngine, name: str = BUSYBOX, *changes: str) -> str:
    """An image with busybox in /bin; `changes` are Dockerfile instructions (`USER 1000`). Returns its name."""
    options = [
        word for change in ("ENV PATH=/bin", 'CMD ["sleep", "86400"]', *changes) for word in ("--change", change)
    ]
    engine.docker("import", *options, "-", name, input=busybox_root())
    return name


def busybox_root(*programs: str) -> bytes:
    """A root file system as a tar archive: busybox, links to it, the libraries it needs, and an ordinary user. And
    `programs` of this machine, in /bin."""
    busybox = shutil.which("busybox")
    assert busybox, "busybox is not installed (sudo ./test installs it)"
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        _add_folder(tar, "tmp", mode=0o1777)
        _add_file(tar, "bin/busybox", Path(busybox).read_bytes(), mode=0o755)
        found = {name: shutil.which(name) or "" for name in programs}
        for name, program in found.items():
            _add_file(tar, f"bin/{name}", Path(program).read_bytes(), mode=0o755)
        for library in dict.fromkeys(each for program in (busybox, *found.values()) for each in libraries_of(program)):
            _add_file(tar, str(library).lstrip("/"), library.read_bytes(), mode=0o755)
        for applet in APPLETS:
            link = tarfile.TarInfo(f"bin/{applet}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
        _add_file(tar, "etc/passwd", b"root:x:0:0::/:/bin/sh\napp:x:1000:1000::/tmp:/bin/sh\n")
        _add_file(tar, "etc/group", b"root:x:0:\napp:x:1000:\n")
    return archive.getvalue()


def libraries_of(program: str) -> list[Path]:
    """What the dynamic loader would load; nothing for a static program."""
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False)
    words = (word for line in listed.stdout.splitlines() for word in line.split() if listed.returncode == 0)
    return [Path(word) for word in words if word.startswith("/")]


def _add_file(tar: tarfile.TarFile, name: str, content: bytes, *, mode: int = 0o644) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    tar.addfile(entry, io.BytesIO(content))


def _add_folder(tar: tarfile.TarFile, name: str, *, mode: int = 0o755) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = tarfile.DIRTYPE, mode
    tar.addfile(entry)
