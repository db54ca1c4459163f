"""Archives that a drill sends: an image without files, and the context of a build."""

from __future__ import annotations

import io
import tarfile


def archive(kind: str, image: str) -> bytes:
    """`empty`, or `build`: a Dockerfile that changes nothing but a label."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as tar:
        if kind == "build":
            _add(tar, "Dockerfile", f"FROM {image}\nLABEL drill=1\n".encode())
        else:
            _add(tar, "drill", b"")
    return written.getvalue()


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    tar.addfile(entry, io.BytesIO(content))


__all__ = ["archive"]
