"""`./run --uninstall` on a Debian of its own: what was installed leaves, what others put there stays."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from machines.debian_host import DebianHost
from patience import patience

pytestmark = [pytest.mark.engine, pytest.mark.ssh, pytest.mark.timeout(600)]
ROOT = Path(__file__).parents[2]
FOLLOWING = ROOT / "src/dockworthy/deploy/edge/following"
CLONE = "/root/dockworthy"
INSTALL = f"""
cd {CLONE}
for piece in say packages python venv engine_found engine; do . ./setup/$piece.sh; done
root={CLONE}
install_packages docker.io docker-cli
quietly "systemctl start docker" systemctl start docker
"""
"""As `./run` does it, without the Python packages: no package index is at hand here."""


@pytest.fixture
def host(debian: DebianHost) -> DebianHost:
    """With a clone, a made-up .venv in it, and what an assessment leaves."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as packed:
        for name in ("run", "setup"):
            packed.add(ROOT / name, name)
    unpack = ["sh", "-ec", f"mkdir -p {CLONE}/.venv/bin {CLONE}/src; tar -C {CLONE} --no-same-owner -xf -"]
    subprocess.run([*debian.inside, *unpack], input=archive.getvalue(), check=True, timeout=patience(120))
    return debian


def names(host: DebianHost) -> set[str]:
    return set(host.run("dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n").splitlines())


def uninstall(host: DebianHost, *options: str) -> str:
    done = subprocess.run(
        [*host.inside, f"{CLONE}/run", "--uninstall", *options], capture_output=True, text=True, timeout=patience(300)
    )
    return f"{done.returncode}\n{done.stdout}{done.stderr}"


def test_nothing_of_it_is_left(host: DebianHost) -> None:
    before, roots = names(host), host.shell("ls -d /etc/* /var/lib/* /usr/local/bin/* /opt/* 2>/dev/null || true")
    host.run("bash", "-uc", INSTALL)
    assert "docker.io installed" in names(host)
    host.shell(f"ln -s {CLONE}/.venv/bin/dockworthy /usr/local/bin/dockworthy; touch /var/lib/dockworthy/disk.jsonl")

    said = uninstall(host, "--plan")
    assert "docker.io" in said and "it holds no container and no volume" in said
    assert "docker.io installed" in names(host)  # a plan does nothing
    assert "nobody is here to ask" in uninstall(host)
    assert "docker.io installed" in names(host)

    said = uninstall(host, "--yes")
    assert said.startswith("0\n"), said
    assert names(host) == before
    left = set(host.shell("ls -d /etc/* /var/lib/* /usr/local/bin/* /opt/* 2>/dev/null || true").split())
    assert left - set(roots.split()) == set()
    assert host.shell(f"ls -A {CLONE}").split() == ["run", "setup", "src"]
    assert "0\n" in uninstall(host, "--yes")  # once more: nothing to do


def test_an_engine_in_use_stays_with_its_tools(host: DebianHost) -> None:
    host.run("bash", "-uc", INSTALL)
    host.shell("docker volume create orders")
    said = uninstall(host, "--yes")
    assert "Docker Engine stays, for it holds volumes" in said, said
    assert {"docker.io installed", "docker-cli installed", "containerd installed"} <= names(host)
    assert "orders" in host.shell("docker volume ls -q")
    # Its last volume gone, the packages are still known as ours.
    host.shell("docker volume rm orders")
    assert uninstall(host, "--yes").startswith("0\n")
    assert "docker.io installed" not in names(host)


def test_what_needs_the_program_comes_first(host: DebianHost) -> None:
    host.write(
        "/etc/cron.d/dockworthy-edge-renew", f"1 3 * * * root {CLONE}/.venv/bin/python -m dockworthy edge renew\n"
    )
    said = uninstall(host, "--yes")
    assert said.startswith("20\n") and "edge renew --uninstall" in said
    assert host.shell(f"ls -d {CLONE}/.venv").strip()


def test_the_edges_follower_goes_along(host: DebianHost) -> None:
    """What a deploy keeps running there. Its own services' program, as the edge's container, is not `./run`'s."""
    folder, cron = "/var/lib/dockworthy/edge", "/etc/cron.d/dockworthy-edge-follow"
    for name in ("place.sh", "keep.sh", "follower.py"):
        host.write(f"{folder}/follow/{name}", (FOLLOWING / name).read_text())
    host.write(f"{folder}/routes/shop.json", "{}")
    host.write(cron, f"* * * * * root sh {folder}/follow/keep.sh /usr/bin/python3 {folder} /run/docker.sock &\n")
    assert f"{folder}/follow" in uninstall(host, "--plan")
    said = uninstall(host, "--yes")
    assert said.startswith("0\n"), said
    left = host.shell(f"ls -d {folder}/follow {cron} {folder}/routes/shop.json 2>/dev/null || true").split()
    assert left == [f"{folder}/routes/shop.json"]
    assert "follower" not in uninstall(host, "--plan")


def test_a_package_that_another_needs_stays(host: DebianHost) -> None:
    """Somebody installed another package upon one of ours."""
    host.run("bash", "-uc", INSTALL)
    host.shell("echo libc6 >>/var/lib/dockworthy/packages-installed")  # much of the system would go with it
    said = uninstall(host, "--yes")
    assert said.startswith("0\n") and "Other packages need these, so they stay: libc6" in said, said
    assert "libc6 installed" in names(host)
    assert "docker.io installed" not in names(host)
