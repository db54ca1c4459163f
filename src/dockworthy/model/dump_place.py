"""Where a server of Valkey or Redis keeps what it starts from."""

from __future__ import annotations

import posixpath

from msgspec import Struct


class DumpPlace(Struct, frozen=True, kw_only=True):
    """Where the server finds its data when it starts. `folder`: below the data set's, "" for that itself; `owner`:
    `UID:GID` of its files, `mode` in octal. `log`: the folder of the log (since 7.0) or its file; "" where it keeps
    none."""

    version: str
    folder: str
    dump: str
    appendonly: bool
    log_folder: str
    log: str
    owner: str = "0:0"
    mode: str = "600"

    @property
    def _has_parts(self) -> bool:
        return int(self.version.partition(".")[0] or 0) >= 7

    @property
    def own(self) -> tuple[str, ...]:
        """Its files, below the data set's folder: a dump has all of it."""
        names = (self.dump, self.log, self.log_folder)
        return tuple(posixpath.join(self.folder, each) for each in names if each)

    @property
    def passing(self) -> tuple[str, ...]:
        """Patterns of what it writes for a while, for restic."""
        return tuple(posixpath.join(self.folder, each) for each in ("temp-*.rdb", "temp-*.aof"))

    @property
    def file(self) -> str:
        """The file from which it starts, below the data set's folder."""
        if not self.appendonly:
            return posixpath.join(self.folder, self.dump)
        return posixpath.join(
            self.folder, *((self.log_folder, f"{self.log}.1.base.rdb") if self._has_parts else (self.log,))
        )

    @property
    def manifest(self) -> tuple[str, str]:
        """The file that names the parts of the log, and its line; "" where there is none."""
        if not (self.appendonly and self._has_parts):
            return "", ""
        name = posixpath.join(self.folder, self.log_folder, f"{self.log}.manifest")
        return name, f"file {self.log}.1.base.rdb seq 1 type b"
