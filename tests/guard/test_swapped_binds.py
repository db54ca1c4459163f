"""A container swaps what another binds for a link, on a real engine, as fast as it can."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from guard.guarded import Guarded, start_guarded
from machines.images import BUSYBOX
from machines.own_host import start_host

pytestmark = pytest.mark.engine

POLICY = """
guard:
  binds: [/run/shop]
"""
SECRET = "/etc/only-on-the-host"
SWAPPING = "while :; do mkdir -p /s/b; usleep 20000; rm -rf /s/b; ln -s /etc /s/b; usleep 20000; rm -f /s/b; done"
TRIES = 25


@pytest.fixture(scope="module")
def guarded(engines_folder: Path) -> Iterator[Guarded]:
    host = start_host(engines_folder / "guard-swapped-binds")
    try:
        host.write("/etc/guard.yaml", POLICY)
        host.write(SECRET, "of the host")
        host.run("mkdir", "-p", "/run/shop/data", "/run/shop/other")
        yield start_guarded(host, "--policy", "/etc/guard.yaml")
    finally:
        host.stop()


def test_no_start_follows_what_another_container_swapped(guarded: Guarded) -> None:
    guarded.docker("run", "-d", "--name", "swapper", "-v", "/run/shop:/s", BUSYBOX, "sh", "-c", SWAPPING)
    reached, refused = 0, 0
    try:
        for _ in range(TRIES):
            done = guarded.docker(
                "run", "--rm", "-v", "/run/shop/b:/b", BUSYBOX, "cat", "/b/only-on-the-host", check=False
            )
            reached += done.stdout == b"of the host"
            refused += b"authorization denied by plugin" in done.stderr
    finally:
        guarded.docker("rm", "-f", "swapper")
    assert (reached, refused) == (0, TRIES), f"{reached} of {TRIES} starts read the host's files"


def test_the_same_folder_is_shared(guarded: Guarded) -> None:
    guarded.docker("run", "-d", "--name", "first", "-v", "/run/shop:/s", BUSYBOX, "sleep", "600")
    try:
        guarded.docker("run", "--rm", "-v", "/run/shop:/s", BUSYBOX, "touch", "/s/written")
        guarded.docker("restart", "-t", "0", "first")
    finally:
        guarded.docker("rm", "-f", "first")
    for folder in ("data", "other"):
        guarded.docker("run", "--rm", "-v", f"/run/shop/{folder}:/s", BUSYBOX, "touch", "/s/written")


def test_a_link_that_a_container_left_behind_is_not_followed(guarded: Guarded) -> None:
    """It is gone when the other one starts."""
    guarded.docker("create", "--name", "later", "-v", "/run/shop/other:/b", BUSYBOX, "cat", "/b/only-on-the-host")
    guarded.host.run("sh", "-c", "rm -r /run/shop/other && ln -s /etc /run/shop/other")
    started = guarded.docker("start", "-a", "later", check=False)
    assert started.stdout == b"" and b"/run/shop/other is a link" in started.stderr
    guarded.docker("rm", "later")
