"""Archives that a drill sends: an image without files, one with the node of a disk, and the context of a build."""

from __future__ import annotations

import io
import tarfile


def archive(kind: str, image: str) -> bytes:
    """`empty`, `nodes`, or `build`: a Dockerfile that changes nothing but a label."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as tar:
        if kind == "build":
            _add(tar, "Dockerfile", f"FROM {image}\nLABEL drill=1\n".encode())
        else:
            _add(tar, "drill", b"")
        if kind == "nodes":
            _add_disk(tar, "disk")
    return written.getvalue()


def _add_disk(tar: tarfile.TarFile, name: str) -> None:
    """Its number is that of no driver: it opens nothing, wherever it is left."""
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.devmajor, entry.devminor = tarfile.BLKTYPE, 0o600, 4095, 0
    tar.addfile(entry)


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    tar.addfile(entry, io.BytesIO(content))
