"""A project is removed with all that a deploy brought to the host: by one command, and by the next one where the first
was killed."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.edge.clients import ask
from deploy.edge.conftest import EdgeHere
from deploy.edge.shop_app import COMMAND
from deploy.shops import HEALTH, Shop
from dockworthy.model.deploy_settings import Route
from effort import examples
from patience import patience

pytestmark = pytest.mark.engine

NEIGHBOUR = "stays.example.com"


class Shipped:
    """A project with a route, a certificate, a secret and two volumes, beside another project at the same edge."""

    def __init__(self, here: EdgeHere, shop: Shop) -> None:
        self.here, self.shop, self.host = here, shop, f"{shop.name}.example.com"
        shop.image, shop.state = here.image, here.state
        edge = {"http": here.http, "https": here.https, "tls": "internal"}
        routes = [{"host": self.host, "service": "web", "port": 8000, "health": "/health"}]
        busy = {"failed_requests": 1000}  # of a busy machine
        settings = {"observe": "0s", "edge": edge, "routes": routes, "healthy_within": "60s", "objectives": busy}
        shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": settings})
        (shop.folder / "password").write_text("secret-of-the-removed")
        web = shop.service(*COMMAND, environment={"NAME": "v1"}, secrets=["password"], volumes=["data:/data"])
        check = {**HEALTH, "test": ["CMD", COMMAND[0], "-I", "-c", "pass"]}
        db = shop.service(*COMMAND, environment={"NAME": "db"}, volumes=["/anonymous"], init=False, healthcheck=check)
        web |= {"init": False, "healthcheck": {"disable": True}, "depends_on": ["db"]}
        shop.compose({"web": web, "db": db}, volumes={"data": {}}, secrets={"password": {"file": "./password"}})

    def left(self) -> list[str]:
        """Of the project, on the engine and below the state folder; without volumes."""
        label = f"label=com.docker.compose.project={self.shop.name}"
        asked = [("ps", "--all", "--quiet"), ("network", "ls", "--quiet")]
        found = [
            line for each in asked for line in self.shop.engine.docker(*each, "--filter", label).stdout.decode().split()
        ]
        name = self.shop.name.encode()
        for path in self.here.state.rglob("*"):
            if self.shop.name in str(path.relative_to(self.here.state)):
                found.append(str(path))
            elif (
                path.is_file()
                and not path.is_symlink()
                and (name in (text := path.read_bytes()) or self.host.encode() in text)
            ):
                found.append(f"{path}: its name is in it")
        return found

    def volumes(self) -> list[str]:
        label = f"label=com.docker.compose.project={self.shop.name}"
        return self.shop.engine.docker("volume", "ls", "--quiet", "--filter", label).stdout.decode().split()

    def all_volumes(self) -> set[str]:
        return set(self.shop.engine.docker("volume", "ls", "--quiet").stdout.decode().split())


@pytest.fixture
def shipped(here: EdgeHere, shop: Shop) -> Iterator[Shipped]:
    made = Shipped(here, shop)
    here.do(lambda runner, _: runner.ensure(here.routes("neighbour", Route(NEIGHBOUR, "web", 8000))))
    yield made
    here.do(lambda runner, _: runner.remove(shop.name))
    here.do(lambda runner, _: runner.remove("neighbour"))


@pytest.mark.timeout(300)
def test_all_that_a_deploy_brought_goes_and_volumes_when_that_is_said(shipped: Shipped) -> None:
    shop, here = shipped.shop, shipped.here
    before = shipped.all_volumes()
    shop.deploy()
    (shop.folder / "password").write_text("another-secret-of-the-removed")
    shop.deploy()
    assert shipped.left()

    plan = json.loads(shop.dockworthy("remove", "--dry-run", "--format", "json").stdout)
    assert (plan["schema"], plan["project"], plan["done"]) == (1, shop.name, False)
    kinds = {each["kind"] for each in plan["items"] if each["remove"]}
    assert kinds == {"container", "network", "route", "certificate", "release", "version"}
    stays = [each for each in plan["items"] if not each["remove"]]
    assert len(stays) == 2 and all(each["kind"] == "volume" and "--volumes" in each["because"] for each in stays)
    assert len(shop.containers()) == 2, "a dry run changes nothing"
    nobody = shop.dockworthy("remove")
    assert nobody.returncode == 2 and "--yes" in nobody.stderr and len(shop.containers()) == 2

    done = shop.dockworthy("remove", "--yes")
    assert done.returncode == 0, done.stderr
    assert shipped.left() == []
    assert shipped.volumes() == [f"{shop.name}_data"], "data stays"
    assert asyncio.run(ask(here.http, shipped.host)).status == 404
    assert "neighbour" in here.do(lambda runner, _: runner.routes_of("neighbour")).project  # type: ignore[union-attr]

    again = shop.dockworthy("remove", "--yes")
    assert again.returncode == 0 and "there is nothing to remove" in again.stdout
    assert shop.dockworthy("remove", "--yes", "--volumes").returncode == 0
    assert shipped.volumes() == []
    typed = shop.dockworthy("remove", "neighbor", "--yes")
    assert typed.returncode == 2 and "did you mean neighbour?" in typed.stderr
    assert shop.dockworthy("remove", "dockworthy-edge", "--yes").returncode == 1

    shop.deploy()  # it can come again, and its data and a number of its own with it
    assert [each["number"] for each in shop.releases()] == [1]
    assert asyncio.run(ask(here.http, shipped.host)).status == 308
    assert shop.dockworthy("remove", "--yes", "--volumes").returncode == 0
    left = shipped.all_volumes() - before
    assert len(left) == 1, "the volume without a name, whose container went without --volumes, is all that is left"
    shop.engine.docker("volume", "rm", *left)


@pytest.mark.timeout(200)
def test_what_another_project_uses_stays_and_is_named(shipped: Shipped) -> None:
    shop = shipped.shop
    shop.deploy()
    user = f"{shop.name}-other"[-60:].strip("-")
    shop.engine.docker("run", "--detach", "--name", user, "--network", f"{shop.name}_default",
                       "--volume", f"{shop.name}_data:/data", shop.image, *COMMAND)  # fmt: skip
    try:
        plan = shop.dockworthy("remove", "--volumes", "--dry-run").stdout
        assert f"{user} is on it" in " ".join(plan.split()) and f"{user} mounts it" in " ".join(plan.split())
        assert shop.dockworthy("remove", "--volumes", "--yes").returncode == 0
        assert shipped.volumes() == [f"{shop.name}_data"] and shop.containers(every=True) == {}
    finally:
        shop.engine.docker("rm", "--force", user)
    assert shop.dockworthy("remove", "--volumes", "--yes").returncode == 0
    assert shipped.left() == [] and shipped.volumes() == []


@pytest.mark.timeout(600)
def test_killed_at_any_moment_the_next_run_removes_the_rest(
    shipped: Shipped, capsys: pytest.CaptureFixture[str]
) -> None:
    shop, took, moments = shipped.shop, 6.0, examples(5)
    for number in range(moments):
        shop.deploy()
        began = time.monotonic()
        running = shop.begin("remove", "--yes", "--volumes")
        time.sleep(took * (number + 0.5) / moments)  # the moment is what is tried
        running.send_signal(signal.SIGKILL)
        running.communicate(timeout=patience(60))
        if shipped.left() == []:
            took = time.monotonic() - began
        done = shop.dockworthy("remove", "--yes", "--volumes")
        assert done.returncode == 0, done.stderr
        assert shipped.left() == [] and shipped.volumes() == []


@pytest.mark.timeout(200)
def test_the_edge_goes_with_the_last_project(here: EdgeHere, shop: Shop) -> None:
    here.clean()
    shipped = Shipped(here, shop)
    for each in (Path(here.state) / "edge/routes").glob("*.json"):
        each.unlink()
    shop.deploy()
    plan = shop.dockworthy("remove", "--dry-run").stdout
    assert "which serves nobody else" in plan
    assert shop.dockworthy("remove", "--yes", "--volumes").returncode == 0
    named = shop.engine.docker("ps", "--all", "--quiet", "--filter", "name=dockworthy-edge").stdout
    assert named == b"" and shipped.left() == []
    assert not list((Path(here.state) / "edge/settings").glob("*/certs/*"))
    shop.deploy()
    assert asyncio.run(ask(here.http, shipped.host)).status == 308
    assert shop.dockworthy("remove", "--yes", "--volumes").returncode == 0
