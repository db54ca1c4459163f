"""A Debian of the tests' own as an archive: systemd, an SSH server, and packages that can be installed offline.

Made once with mmdebstrap from this machine's own package sources, and kept in pytest's cache. `./test` makes it before
it leaves the network behind. Standard library only.

    debian_root.py [FOLDER]     makes it where it is missing, and where it can be made
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

INCLUDED = (
    "systemd",
    "systemd-sysv",
    "openssh-server",
    "iproute2",
    "procps",
    "python3-apt",
    "python3-dbus",
    "lsb-release",
)
FETCHED = (
    ("auditd", "unattended-upgrades", "chrony"),
    ("systemd-timesyncd",),
    ("docker.io", "docker-cli", "docker-buildx", "docker-compose", "ca-certificates", "runsc"),
    ("rclone", "restic"),
)
"""What apt can install without a network: groups, since those of different groups exclude one another."""

_MINUTES = 25
"""A limit for what hangs: two minutes are enough on a quiet machine, and a busy one needs ten times as long."""


def why_no_debian() -> str:
    """Why none can be made here; empty where one can."""
    if os.geteuid() != 0:
        return "no Debian for this test: only root can make one (sudo ./test)"
    if shutil.which("mmdebstrap") is None:
        return "no Debian for this test: mmdebstrap is not installed"
    return "" if _sources() else "no Debian for this test: this machine is none, or names its archive elsewhere"


def kept_in(cache: Path) -> Path:
    """The archive, which may not be there yet."""
    has = hashlib.sha256(repr((INCLUDED, FETCHED)).encode()).hexdigest()[:8]
    return cache / f"debian-{_codename()}-{has}.tar"


def make_debian(cache: Path) -> None:
    """Makes the archive where it is missing. Raises RuntimeError with what mmdebstrap said."""
    kept = kept_in(cache)
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another run may be making it: twice at once takes longer than one after all
        if not kept.exists():
            _make(kept)


def _make(kept: Path) -> None:
    half = kept.with_name(f"half-{os.getpid()}.tar")
    fetch = "APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get -y -q --no-install-recommends --download-only install"
    hooks = ["APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get clean", *(f"{fetch} {' '.join(group)}" for group in FETCHED)]
    command = [
        "mmdebstrap", "--quiet", "--variant=apt", "--skip=cleanup/apt/lists,cleanup/apt/cache",
        f"--include={','.join(INCLUDED)}", "--aptopt=Acquire::Languages \"none\"",
        *(f"--customize-hook={hook}" for hook in hooks), _codename(), str(half), _sources(),
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60 * _MINUTES)
        if done.returncode:
            raise RuntimeError(f"mmdebstrap: {done.stderr[-2000:]}")
        half.rename(kept)
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"mmdebstrap did not end within {_MINUTES} minutes") from None
    finally:
        half.unlink(missing_ok=True)


def _codename() -> str:
    lines = Path("/etc/os-release").read_text().splitlines()
    return next((line.partition("=")[2].strip('"') for line in lines if line.startswith("VERSION_CODENAME=")), "")


def _sources() -> str:
    """The file that names the distribution's own archive."""
    places = ("/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list")
    debian = "ID=debian" in Path("/etc/os-release").read_text().splitlines()
    return next((place for place in places if debian and Path(place).exists() and Path(place).stat().st_size), "")


if __name__ == "__main__":
    try:
        if not why_no_debian():
            make_debian(Path(sys.argv[1] if len(sys.argv) > 1 else ".pytest_cache/d/debian"))
    except (RuntimeError, OSError) as error:
        print(f"the tests go without a Debian of their own: {error}", file=sys.stderr)
