"""Two managers read at the same time what the swarm keeps of the edge."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from dockworthy.deploy.edge import swarm_secrets


def reader(node: str) -> dict[str, Any]:
    placed = {"Placement": {"Constraints": [f"node.id=={node}"]}}
    return {"ID": f"of {node}", "Spec": {"TaskTemplate": placed}}


async def test_who_reads_ends_no_reader_of_a_manager_that_is_at_work() -> None:
    removed: list[str] = []

    async def get(path: str) -> Any:
        if path == "/info":
            return {"Swarm": {"NodeID": "mine"}}
        if path == "/nodes":
            return [{"ID": name, "Status": {"State": state}}
                    for name, state in (("mine", "ready"), ("other", "ready"), ("lost", "down"))]  # fmt: skip
        return [reader(name) for name in ("mine", "other", "lost", "gone")]

    async def send(method: str, path: str, *, answer: bool) -> None:
        removed.append(path.removeprefix("/services/of "))

    engine = SimpleNamespace(get=get, send=send)
    await swarm_secrets._end_readers(SimpleNamespace(engine=engine))  # type: ignore[arg-type]
    assert removed == ["mine", "lost", "gone"]
