"""The socket that is made is the one whose owner and mode are changed, wherever its name leads by then."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from dockworthy.errors import UsageError
from dockworthy.guard.listening import listen


def test_a_link_in_place_of_the_socket_opens_no_other_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    victim = tmp_path / "of-root"
    victim.write_text("secret")
    victim.chmod(0o600)
    masked, calls = os.umask, iter(range(99))

    def swapped(mask: int) -> int:
        if next(calls) == 1:  # after the socket is made
            for made in tmp_path.glob(".open.sock.*"):
                made.unlink()
                made.symlink_to(victim)
        return masked(mask)

    monkeypatch.setattr(os, "umask", swapped)
    with pytest.raises(UsageError):
        listen(tmp_path / "open.sock", mode=0o666)
    assert stat.S_IMODE(victim.stat().st_mode) == 0o600


def test_mode_and_group_are_the_sockets(tmp_path: Path) -> None:
    path = tmp_path / "open.sock"
    group = os.getegid()
    with listen(path, mode=0o660, group=str(group)):
        seen = path.stat()
    assert stat.S_ISSOCK(seen.st_mode) and (stat.S_IMODE(seen.st_mode), seen.st_gid) == (0o660, group)
