"""Containers that run for no task of the swarm, as an engine that was killed leaves them: reported, and removed."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, cast

import pytest

from dockworthy.deploy.targets.swarm import lost
from dockworthy.deploy.targets.swarm.lost import LostTasks, lost_of, steps_for
from dockworthy.engine.connection import Connection
from dockworthy.errors import DockworthyError, EngineRefused, HostError
from dockworthy.report.releases import unseen_in_words

from .stacks import Stack
from .test_node_images_candidates import node

LABELS = {"com.docker.stack.namespace": "shop", "com.docker.swarm.service.name": "shop_web"}


def container(task: str, state: str = "running", **labels: str) -> dict[str, Any]:
    return {"Id": f"of-{task}", "State": state, "Labels": {**LABELS, "com.docker.swarm.task.id": task, **labels}}


def test_whose_task_is_over_or_forgotten() -> None:
    tasks = [{"ID": id, "Status": {"State": id}} for id in ("running", "starting", "shutdown", "orphaned", "failed")]
    ids = [task["ID"] for task in tasks]
    containers = [*map(container, [*ids, "forgotten"]), container("gone", "exited")]
    containers.append(container("other", **{"com.docker.stack.namespace": "other"}))
    containers.append({"Id": "composed", "State": "running", "Labels": {"com.docker.stack.namespace": "shop"}})
    found = [*lost_of("shop", containers, tasks, "n2")]
    assert [each.id for each in found] == ["of-shutdown", "of-orphaned", "of-failed", "of-forgotten"]
    assert {(each.service, each.node) for each in found} == {("web", "n2")}


class Engine:
    """Of node `id`, with containers. A manager's `nodes` are all that are there."""

    def __init__(self, id: str, *containers: dict[str, Any], nodes: Sequence[dict[str, Any]] = ()) -> None:
        self.id, self.containers, self.nodes = id, list(containers), nodes
        self.asked: list[str] = []
        self.refuses = False

    async def get(self, path: str) -> Any:
        self.asked.append(path.partition("?")[0])
        if path == "/nodes":
            return self.nodes
        if path == "/info":
            return {"Swarm": {"NodeID": self.id}}
        if path.startswith("/tasks"):
            return [{"ID": "serves", "Status": {"State": "running"}}, {"ID": "over", "Status": {"State": "shutdown"}}]
        if path.startswith("/containers/json"):
            return self.containers
        return {"Config": {}}

    async def send(self, method: str, path: str, **_: Any) -> None:
        if self.refuses:
            raise EngineRefused(f"the engine refused {method} {path}: not for you")
        if method == "DELETE":
            id = path.removeprefix("/containers/").removesuffix("?force=true")
            self.containers = [each for each in self.containers if each["Id"] != id]


def lost_tasks(
    monkeypatch: pytest.MonkeyPatch, manager: Engine, behind: Mapping[str, Engine | DockworthyError]
) -> LostTasks:
    """`behind`: the host of an address -> what is there."""

    @contextlib.asynccontextmanager
    async def engine_at(endpoint: str, **_: Any) -> AsyncIterator[Any]:
        found = behind[endpoint.removeprefix("ssh://root@")]
        if isinstance(found, DockworthyError):
            raise found
        yield found

    monkeypatch.setattr(lost, "engine_at", engine_at)
    ways = {f"host-{name}": f"ssh://root@{name}" for name in behind}
    return LostTasks(cast(Connection, manager), "shop", ways, sudo=False)


async def test_each_node_is_asked_and_what_can_not_be_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    down = node("n5", state="down")
    manager = Engine("n1", container("over"), nodes=[*map(node, ("n1", "n2", "n3", "n4", "n6", "n7")), down])
    other = Engine("n2", container("serves"), container("forgotten"))
    sleeps = HostError("n3 is asleep", hint="wake it")
    behind = {"n2": other, "n3": sleeps, "n5": Engine("n5", container("over")), "n6": Engine("n9", container("over"))}
    tasks = lost_tasks(monkeypatch, manager, behind)
    seen = await tasks.look()
    assert [(each.id, each.node) for each in seen.found["web"]] == [("of-over", ""), ("of-forgotten", "host-n2")]
    assert manager.asked[-1] == "/tasks", "what begins meanwhile has a task by then"
    why = {each.name: each.why for each in seen.unseen}
    assert sorted(why) == ["host-n3", "host-n4", "host-n5", "host-n6", "host-n7"]
    assert why["host-n3"] == "n3 is asleep" and why["host-n5"] == "to the swarm it is down"
    assert "names no way there" in why["host-n4"] and "is not the node host-n6" in why["host-n6"]
    told = [*unseen_in_words(seen.unseen)]
    assert len(told) == 4 and any("host-n4 and host-n7 is unknown" in each for each in told), told

    here, there = steps_for(seen)
    assert here.says == "remove 1 container of web without a task in the swarm"
    assert there.says == "remove 1 container of web on host-n2 without a task in the swarm"
    said: list[str] = []
    other.refuses = True
    await tasks.clear(there, said.append)
    assert "not removed on host-n2" in said[0] and "not for you" in said[0], "a release that runs stays"
    other.refuses = False
    await tasks.clear(here, said.append)
    await tasks.clear(there, said.append)
    assert [each["Id"] for each in other.containers] == ["of-serves"] and manager.containers == [] and len(said) == 1


@pytest.mark.engine
def test_the_next_deploy_removes_them(shop: Stack) -> None:
    shop.compose({"web": shop.service()})
    shop.deploy()
    (kept,) = shop.containers("web").values()
    words = {**LABELS, "com.docker.stack.namespace": shop.name, "com.docker.swarm.service.name": f"{shop.name}_web"}
    labels = [f"--label={name}={value}" for name, value in {**words, "com.docker.swarm.task.id": "forgotten"}.items()]
    left = shop.engine.docker("run", "-d", "--init", *labels, shop.image, "sleep", "1000").stdout.decode().strip()
    try:
        done = shop.dockworthy("releases", "status")
        told = " ".join(done.stdout.split())
        assert done.returncode == 1 and f"1 container runs for no task of the swarm ({left[:12]})" in told, told
        assert "remove 1 container of web without a task in the swarm" in shop.deploy("--dry-run").stdout
        assert left in shop.containers().values(), "a plan changes nothing"
        assert "remove 1 container of web without a task in the swarm" in shop.deploy().stderr
        assert list(shop.containers().values()) == [kept]
        assert "nothing to do" in shop.deploy().stdout
        assert shop.dockworthy("releases", "status").returncode == 0
    finally:
        shop.engine.docker("rm", "--force", left, check=False)
