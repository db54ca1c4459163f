"""A folder whose file system never answers, as one of a server that is gone: FUSE, and nobody who serves it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from pathlib import Path

FUSE = "/dev/fuse"
_DETACH = 2  # MNT_DETACH


class HungFolder:
    """Needs root. `path` must be there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._served: int | None = os.open(FUSE, os.O_RDWR | os.O_CLOEXEC)
        options = f"fd={self._served},rootmode=40000,user_id=0,group_id=0,allow_other"
        if self._libc.mount(b"hung", bytes(path), b"fuse", 0, options.encode()):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(path))

    def detach(self) -> None:
        """The path is an empty folder again, and who waits in the old one goes on waiting."""
        self._libc.umount2(bytes(self.path), _DETACH)

    def let_go(self) -> None:
        """Whoever waits gets an error."""
        if self._served is not None:
            os.close(self._served)
            self._served = None

    def __enter__(self) -> HungFolder:
        return self

    def __exit__(self, *_: object) -> None:
        self.let_go()
        self.detach()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt), HungFolder(Path(sys.argv[1])):
        print("hung", flush=True)
        sys.stdin.read()
