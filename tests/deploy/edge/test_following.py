"""A deployed folder in the hands of somebody who knows Compose alone: its routes are answered again within seconds, by
what Compose made, and by nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.edge.clients import Load, ask
from deploy.edge.conftest import EdgeHere
from deploy.edge.shop_app import COMMAND
from deploy.shops import Shop
from deploy.test_deploy_faults import until

pytestmark = [pytest.mark.engine, pytest.mark.timeout(400)]

HOST = "followed.example.com"
LABEL = "com.docker.compose"


class Followed:
    """A project at the edge, with one container of `web`."""

    def __init__(self, here: EdgeHere, shop: Shop) -> None:
        self.here, self.shop = here, shop
        shop.image, shop.state = here.image, here.state
        edge = {"http": here.http, "https": here.https, "tls": "off"}
        routes = [{"host": HOST, "service": "web", "port": 8000, "health": "/health"}]
        settings = {"observe": "0s", "edge": edge, "routes": routes, "objectives": {"failed_requests": 1000}}
        self.deploy = {**settings, "healthy_within": "60s"}
        shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": self.deploy})
        self.written("v1")

    @property
    def follow(self) -> Path:
        return self.here.state / "edge" / "follow"

    def written(self, name: str, **more: Any) -> None:
        environment = {"NAME": name}
        web = self.shop.service(*COMMAND, environment=environment, init=False, healthcheck={"disable": True}, **more)
        self.shop.compose({"web": web})

    def compose(self, *words: str) -> None:
        self.shop.docker_compose(*words)

    def answers(self, by: str = "v1") -> bool:
        with contextlib.suppress(OSError, EOFError):
            answer = asyncio.run(ask(self.here.http, HOST))
            return answer.status == 200 and answer.body.startswith(by.encode())
        return False

    def at_edge(self) -> list[str]:
        """The project's containers that are on the edge's network."""
        return [
            name
            for name, id in self.shop.containers("web").items()
            if "dockworthy-edge" in self.here.engine.inspect(id)["NetworkSettings"]["Networks"]
        ]

    def refused(self) -> dict[str, str]:
        with contextlib.suppress(OSError, ValueError):
            told = json.loads((self.follow / "told.json").read_text())["refused"]
            return {each["name"]: each["why"] for each in told.values()}
        return {}

    def pid(self) -> int:
        """Written a moment after it has its lock."""
        until(lambda: (self.follow / "lock").read_text() != "")
        return int((self.follow / "lock").read_text())

    def runs(self) -> bool:
        with contextlib.suppress(OSError, ValueError), (self.follow / "lock").open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False


@pytest.fixture
def followed(here: EdgeHere, shop: Shop) -> Iterator[Followed]:
    yield Followed(here, shop)
    here.do(lambda runner, _: runner.remove(shop.name))


def test_whatever_compose_makes_anew_by_hand_is_answered_again_and_the_next_deploy_knows_it(followed: Followed) -> None:
    shop = followed.shop
    shop.deploy()
    assert followed.answers()
    made = set(shop.containers("web").values())
    for by, words in (
        ("v2", (("up", "--detach"),)),
        ("v2", (("up", "--detach", "--force-recreate"),)),
        ("v2", (("restart",),)),
        ("v2", (("stop",), ("start",))),
        ("v2", (("down",), ("up", "--detach"))),
    ):
        followed.written(by)
        for each in words:
            shop.docker_compose(*each, *(() if each == ("start",) else ("--timeout", "1")))
        until(lambda by=by: followed.answers(by))  # type: ignore[misc]
        if words[-1][0] == "up":
            assert not made & set(shop.containers("web").values())
        made = set(shop.containers("web").values())
    assert shop.dockworthy("edge", "status").returncode == 0

    said = shop.dockworthy("releases", "status")
    assert said.returncode == 1 and "was changed by hand since release 1" in " ".join(said.stdout.split())
    assert "as this release" in shop.deploy("--dry-run").stdout
    shop.deploy()
    assert set(shop.containers("web").values()) == made, "a deploy made it anew without a reason"
    assert shop.dockworthy("releases", "status").returncode == 0
    assert "nothing to do" in (done := shop.deploy()).stdout + done.stderr

    shop.docker_compose("down", "--timeout", "1")
    until(lambda: not followed.answers("v2"))
    status = " ".join(shop.dockworthy("edge", "status").stdout.split())
    assert "no container of it runs here" in status


def test_requests_fail_only_while_the_container_itself_does_not_run(followed: Followed) -> None:
    """And none where they wait (`wait`)."""
    shop = followed.shop
    (route,) = followed.deploy["routes"]  # type: ignore[misc]
    followed.deploy["routes"] = [{**route, "wait": "1m"}]  # type: ignore[dict-item]
    shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": followed.deploy})
    shop.deploy()

    async def work() -> Load:
        async with Load(followed.here.http, HOST, rate=50) as load:
            await load.answered(50)
            await asyncio.to_thread(shop.docker_compose, "up", "--detach", "--force-recreate", "--timeout", "1")
            await load.answered(100)
        return load

    load = asyncio.run(work())
    assert load.failures == [], followed.here.log()


def test_who_is_scaled_up_by_hand_gets_requests_and_who_is_scaled_down_does_not(followed: Followed) -> None:
    followed.shop.deploy()
    followed.compose("up", "--detach", "--no-recreate", "--scale", "web=3")
    until(lambda: len(followed.at_edge()) == 3)
    followed.compose("up", "--detach", "--no-recreate", "--scale", "web=1")
    assert len(followed.at_edge()) == 1 and followed.answers()


def test_nobody_gets_a_projects_requests_by_labels_of_an_image_or_from_another_folder(
    followed: Followed, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shop, docker = followed.shop, followed.here.engine.docker
    shop.deploy()
    (id,) = shop.containers("web").values()
    labels = dict(followed.here.engine.inspect(id)["Config"]["Labels"])
    labels[f"{LABEL}.project.config_files"] = str(shop.folder / "compose.yaml")
    labels[f"{LABEL}.container-number"] = "7"
    evil, name = "dockworthy-test-edge-evil:1", f"dockworthy-test-edge-evil-{os.getpid()}"
    changes = [word for key, value in labels.items() for word in ("--change", f"LABEL {key}={json.dumps(value)}")]
    docker("commit", *changes, id, evil)
    try:
        docker("run", "-d", "--name", name, evil)
        written = ("-l", f"{LABEL}.project={shop.name}", "-l", f"{LABEL}.service=web")
        docker("run", "-d", "--name", f"{name}-2", *written, followed.here.image, *COMMAND)
        until(lambda: {name, f"{name}-2"} <= followed.refused().keys())
        assert "its image brings labels along" in followed.refused()[name]
        assert "Compose did not make it" in followed.refused()[f"{name}-2"]
        said = " ".join(shop.dockworthy("edge", "status").stdout.split())
        assert f"{name} does not join the edge by itself: its image brings labels along" in said
        docker("rm", "-f", name, f"{name}-2")

        other = tmp_path_factory.mktemp("other")  # another checkout, or a folder of the same name
        (other / "compose.yaml").write_text((shop.folder / "compose.yaml").read_text())
        shop.folder, own = other, shop.folder
        shop.docker_compose("up", "--detach", "--force-recreate", "--timeout", "1")
        shop.folder = own
        ((made, id),) = shop.containers("web").items()
        until(lambda: f"folder '{other}'" in followed.refused().get(made, ""))
        assert followed.at_edge() == [] and not followed.answers()
        assert f"{made} is not at the edge" in " ".join(shop.dockworthy("releases", "status").stdout.split())
        assert "the edge knows none of them" in " ".join(shop.dockworthy("edge", "status").stdout.split())
        assert "let web join the edge, without recreating it" in shop.deploy("--dry-run").stdout
        shop.deploy()
        assert shop.containers("web") == {made: id} and followed.answers()
    finally:
        docker("rm", "-f", name, f"{name}-2", check=False)
        docker("rmi", "-f", evil, check=False)


def test_nothing_joins_while_a_deploy_is_at_work(followed: Followed) -> None:
    """It decides itself what gets requests, and when."""
    shop = followed.shop
    shop.deploy()
    folder = followed.here.state / "releases" / shop.name
    lock = max(folder.glob("lock.*"), key=lambda path: int(path.suffix[1:]))
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        shop.docker_compose("up", "--detach", "--force-recreate", "--timeout", "1")
        (id,) = shop.containers("web").values()
        other = followed.here.engine.docker("run", "--rm", followed.here.image, COMMAND[0], "-c", "")  # hears of more
        assert other.returncode == 0
        assert followed.at_edge() == []
    until(lambda: len(followed.at_edge()) == 1)
    assert list(shop.containers("web").values()) == [id]


def test_it_is_said_before_it_is_put_there_and_comes_back_when_it_is_killed(followed: Followed) -> None:
    shop = followed.shop
    shop.deploy()
    until(followed.runs)
    before = followed.pid()
    os.kill(before, signal.SIGKILL)
    until(lambda: followed.runs() and followed.pid() != before)

    (followed.follow / "follower.py").write_text("raise SystemExit(3)  # an older version, or a damaged one\n")
    os.kill(followed.pid(), signal.SIGKILL)
    until(lambda: not followed.runs())
    assert "the edge's follower does not run" in " ".join(shop.dockworthy("edge", "status").stdout.split())
    said = " ".join(shop.deploy("--dry-run").stdout.split())
    assert "start the edge's follower" in said and str(followed.follow) in said
    assert not followed.runs()
    shop.deploy()
    assert followed.runs()
    assert shop.dockworthy("edge", "status").returncode == 0


def test_it_goes_with_the_last_project_of_the_edge(followed: Followed) -> None:
    shop = followed.shop
    shop.deploy()
    until(followed.runs)
    pid = followed.pid()
    plan = shop.dockworthy("remove", shop.name, "--dry-run").stdout
    assert "follower" in plan
    done = shop.dockworthy("remove", shop.name, "--yes")
    assert done.returncode == 0, done.stderr
    assert not followed.follow.exists()
    until(lambda: not Path(f"/proc/{pid}").exists())
    said = " ".join(shop.deploy("--dry-run").stdout.split())
    assert "containers recreated by hand join the edge by themselves" in said and str(followed.follow) in said
    shop.deploy()  # and comes again
    until(followed.runs)


def test_what_was_made_while_nobody_listened_joins_as_well(followed: Followed) -> None:
    shop = followed.shop
    shop.deploy()
    until(followed.runs)
    os.kill(followed.pid(), signal.SIGSTOP)
    try:
        shop.docker_compose("up", "--detach", "--force-recreate", "--timeout", "1")
        assert followed.at_edge() == []
    finally:
        os.kill(followed.pid(), signal.SIGKILL)  # its successor begins with what is there
    until(lambda: len(followed.at_edge()) == 1)
