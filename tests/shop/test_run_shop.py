"""`./run shop` on a real engine: up over HTTPS, a second version and the way back under load, and all of it removed."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from machines.engines import OwnEngine, clean_environment
from machines.shop_base import shop_base
from patience import patience

pytestmark = pytest.mark.engine
ROOT = Path(__file__).parents[2]


@pytest.fixture
def base(pytestconfig: pytest.Config) -> Path:
    archive = shop_base(pytestconfig)
    if missing := [program for program in ("haproxy", "curl", "docker-compose") if shutil.which(program) is None]:
        pytest.skip(f"no shop: {', '.join(missing)} not installed")
    return archive


class ShopClone:
    """A clone with a state folder of its own, whose shop is watched for a second after each roll-out."""

    def __init__(self, engine: OwnEngine, folder: Path) -> None:
        self.engine, self.folder, self.state = engine, folder / "clone", folder / "state"
        for part in ("setup", "examples"):
            shutil.copytree(ROOT / part, self.folder / part, ignore=shutil.ignore_patterns("secrets", "other-*"))
        (self.folder / ".venv").symlink_to(ROOT / ".venv")
        written = self.folder / "examples/shop/dockworthy.yaml"
        written.write_text(written.read_text().replace("observe: 5s", "observe: 1s"))

    def run(self, *options: str) -> subprocess.CompletedProcess[str]:
        """What `./run shop` does after the verdict."""
        return subprocess.run(
            [*self.engine.inside, "bash", str(self.folder / "setup/shop/main.sh"), *options],
            env=clean_environment(DOCKER_HOST=self.engine.endpoint, DOCKWORTHY_STATE=str(self.state)),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=patience(150),
        )

    def edge_log(self) -> str:
        """Of the edge: what did not go well."""
        done = self.engine.docker("logs", "--timestamps", "dockworthy-edge-proxy-1", check=False)
        lines = (done.stdout + done.stderr).decode(errors="replace").splitlines()
        return "\n".join(line for line in lines if " 200 " not in line)[-6000:]

    def left(self) -> list[str]:
        """All that is the shop's or the edge's on the engine."""
        own = ("--quiet", "--filter", "label=com.docker.compose.project=dockworthy-shop")
        edge = ("--quiet", "--filter", "name=dockworthy-edge")
        asked = [("ps", "--all", *own), ("volume", "ls", *own), ("network", "ls", *own)]
        asked += [("ps", "--all", *edge), ("network", "ls", *edge)]
        asked += [("images", "--quiet", f"dockworthy-{name}") for name in ("shop", "shop-db", "shop-base", "edge")]
        return [line for each in asked for line in self.engine.docker(*each).stdout.decode().split()]


@pytest.fixture
def clone(own_engine: OwnEngine, tmp_path: Path) -> Iterator[ShopClone]:
    made = ShopClone(own_engine, tmp_path)
    for image in own_engine.docker("images", "--quiet", "dockworthy-edge").stdout.decode().split():
        own_engine.docker("rmi", "--force", image, check=False)  # of edges that other tests had here
    yield made
    made.run("--remove", "--volumes")


def free_ports() -> tuple[str, str]:
    with socket.socket() as one, socket.socket() as other:
        for each in (one, other):
            each.bind(("127.0.0.1", 0))
        return str(one.getsockname()[1]), str(other.getsockname()[1])


@pytest.mark.timeout(240)
def test_the_shop_is_shipped_and_taken_back_under_load(
    clone: ShopClone, base: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    http, https = free_ports()
    with socket.create_server(("127.0.0.1", int(https))):
        taken = clone.run("--http", http, "--https", https)
    assert taken.returncode == 20 and f"port {https} is taken" in taken.stderr and clone.left() == []

    done = clone.run("--http", http, "--https", https, "--rate", "50", "--base", str(base))
    assert done.returncode == 0, done.stdout + done.stderr + clone.edge_log()
    counted = re.findall(
        r"([\d,]+) requests, (\d+) failed, .*; ([\d,]+) by version 1, ([\d,]+) by version 2", done.stdout
    )
    with capsys.disabled():
        print(f"\n{done.stdout}")
    assert [failed for _, failed, *_ in counted] == ["0", "0"]
    assert all(int(many.replace(",", "")) > 200 for many, *_ in counted)
    for words in ("version 2: 2-notes.sql", "the shop's page, version 2", "is there, and packed"):
        assert words in done.stderr
    secret = (clone.folder / "examples/shop/secrets/database-password").read_text()
    assert len(secret) == 48 and secret not in done.stdout + done.stderr

    assert clone.run("--remove", "--volumes").returncode == 0
    assert clone.left() == [] and not (clone.folder / "examples/shop/secrets").exists()
