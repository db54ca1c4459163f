"""Fixtures: Debian hosts with systemd, each fresh for its test."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from patience import patience

from .debian_host import DebianHost, start_debian
from .debian_root import kept_in, why_no_debian
from .ssh_servers import Clients

StartDebian = Callable[..., DebianHost]


@pytest.fixture(scope="session")
def debian_lower(engines_folder: Path, pytestconfig: pytest.Config) -> Iterator[Path]:
    """The files of a Debian, which every host of this run stands on."""
    if reason := why_no_debian():
        pytest.skip(reason)
    cache = getattr(pytestconfig, "cache", None)
    archive = kept_in(cache.mkdir("debian")) if cache is not None else Path()
    if not archive.is_file():
        pytest.skip("no Debian for this test: ./test makes one where it can, with mmdebstrap")
    lower = engines_folder / "debian"
    lower.mkdir()
    subprocess.run(["tar", "-C", str(lower), "-xpf", str(archive)], check=True, timeout=patience(120))
    yield lower
    subprocess.run(["rm", "-rf", "--one-file-system", str(lower)], check=True, timeout=patience(120))


@pytest.fixture
def start(
    debian_lower: Path, engines_folder: Path, request: pytest.FixtureRequest, clients: Clients
) -> Iterator[StartDebian]:
    """`start(may=("sys_time",))`: boots one, and makes it known to the clients."""
    hosts: list[DebianHost] = []

    def boot(*, may: tuple[str, ...] = ()) -> DebianHost:
        host = start_debian(debian_lower, engines_folder / f"{request.node.name[:40]}-{len(hosts)}", may=may)
        hosts.append(host)
        host.know(clients)
        return host

    yield boot
    for host in hosts:
        host.stop()


@pytest.fixture
def debian(start: StartDebian) -> DebianHost:
    return start()
