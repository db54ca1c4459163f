"""What the plan says of nodes that lack an image, that nobody can ask, or that are not who dockworthy.yaml says."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import unquote

import pytest

from deploy.composed import composed
from dockworthy.deploy.targets.swarm import node_images as lacking
from dockworthy.deploy.targets.swarm.node_images import NodeImages
from dockworthy.engine.faults import NoSuchObject
from dockworthy.errors import DockworthyError, EngineRefused, HostError
from dockworthy.model.release import ShippedService
from dockworthy.model.rollout import Desired, RolloutPlan, RolloutStep, StepKind

from .test_node_images_candidates import node

BY_ID = "sha256:" + "a" * 64
BY_DIGEST = "reg.example.com/shop@sha256:" + "b" * 64
WAYS = {f"host-n{number}": f"ssh://root@n{number}" for number in (1, 2, 3)}


class Engine:
    """Of node `id`, with `images`. A manager's `registry` gives nothing where it says something."""

    def __init__(self, id: str, *images: str, registry: str = "") -> None:
        self._id = id
        self._images = images
        self._registry = registry

    async def get(self, path: str) -> Any:
        if path == "/nodes":
            return [node("n1"), node("n2"), node("n3")]
        if path == "/info":
            return {"Swarm": {"NodeID": self._id}}
        if unquote(path).removeprefix("/images/").removesuffix("/json") in self._images:
            return {"Size": 38_000_000}
        raise NoSuchObject("no such image")

    async def send(self, method: str, path: str, **_: Any) -> None:
        assert path == f"/distribution/{BY_DIGEST}/json"
        if self._registry:
            raise EngineRefused(f"the engine refused GET {path}: {self._registry}")


async def planned(
    monkeypatch: pytest.MonkeyPatch,
    image: str,
    nodes: dict[str, Engine | DockworthyError],
    *,
    hosts: dict[str, str] = WAYS,
    registry: str = "",
) -> RolloutPlan:
    """`nodes`: what is behind the address of each."""

    @contextlib.asynccontextmanager
    async def engine_at(endpoint: str, **_: Any) -> AsyncIterator[Any]:
        found = nodes[endpoint.removeprefix("ssh://root@")]
        if isinstance(found, DockworthyError):
            raise found
        yield found

    monkeypatch.setattr(lacking, "engine_at", engine_at)
    shipped = ShippedService(reference="shop:1", image=image, image_id=BY_ID, spec_hash="1")
    desired = Desired(project="p", spec=composed(services={"web": {}}), services={"web": shipped})
    plan = RolloutPlan(project="p", number=1, steps=(RolloutStep(kind=StepKind.CREATE, subject="web", says="create"),))
    manager: Any = Engine("n1", BY_ID, BY_DIGEST, registry=registry)
    return await NodeImages(manager, hosts, sudo=False, say=print).planned(plan, desired)


async def test_it_is_loaded_where_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = await planned(monkeypatch, BY_ID, {"n2": Engine("n2", BY_ID), "n3": Engine("n3")})
    assert [step.says for step in plan.steps] == ["load shop:1 (38 MB) on host-n3", "create"] and plan.notes == ()
    plan = await planned(monkeypatch, BY_ID, {"n2": Engine("n2", BY_ID), "n3": Engine("n3", BY_ID)})
    assert [step.says for step in plan.steps] == ["create"]


async def test_a_node_without_a_way_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = await planned(monkeypatch, BY_ID, {"n2": Engine("n2")}, hosts={"host-n2": "ssh://root@n2"})
    assert [step.says for step in plan.steps] == ["load shop:1 (38 MB) on host-n2", "create"]
    (note,) = plan.notes
    assert "which of host-n3 has shop:1" in note and "hosts add ssh://root@HOST --name host-n3" in note


@pytest.mark.parametrize(
    ("behind", "says", "hint"),
    [
        (
            HostError("nobody listens for ssh at n2", hint="is sshd running there?"),
            "nobody listens",
            "hosts drain host-n2",
        ),
        (Engine("n7"), "ssh://root@n2 is not the node host-n2", "dockworthy.yaml says that it is"),
    ],
)
async def test_one_that_can_not_be_asked_stops_it(
    monkeypatch: pytest.MonkeyPatch, behind: Engine | DockworthyError, says: str, hint: str
) -> None:
    with pytest.raises(HostError) as raised:
        await planned(monkeypatch, BY_ID, {"n2": behind, "n3": Engine("n3", BY_ID)})
    assert "web may run on host-n2" in raised.value.says and says in raised.value.says and hint in raised.value.hint


async def test_what_a_registry_gives_is_asked_of_no_node(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = await planned(monkeypatch, BY_DIGEST, {})
    assert [step.says for step in plan.steps] == ["create"] and plan.notes == ()


async def test_what_it_does_not_give_nodes_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes: dict[str, Engine | DockworthyError] = {"n2": Engine("n2", BY_DIGEST), "n3": HostError("n3 is asleep")}
    plan = await planned(monkeypatch, BY_DIGEST, nodes, registry="unauthorized")
    assert [step.says for step in plan.steps] == ["create"]
    assert plan.notes[0] == "whether host-n3 has shop:1 is not known: n3 is asleep"
    assert plan.notes[1].endswith(": unauthorized")
    with pytest.raises(DockworthyError) as raised:
        await planned(monkeypatch, BY_DIGEST, {**nodes, "n3": Engine("n3", BY_ID)}, registry="unauthorized")
    assert "web may run on host-n3" in raised.value.says and "unauthorized" in raised.value.says
    assert "docker login" in raised.value.hint
