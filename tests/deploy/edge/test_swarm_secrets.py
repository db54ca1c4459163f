"""What the swarm keeps of the edge: two managers read it at the same time, or nobody can."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deploy.local_sites import site_of
from dockworthy.deploy.edge import renewal as renewing
from dockworthy.deploy.edge import swarm_secrets
from dockworthy.deploy.edge.renewal import Due, Renewer
from dockworthy.deploy.edge.state_dir import EdgeState
from dockworthy.deploy.edge.swarm_secrets import Carrying
from dockworthy.engine.host_shell import shell_here
from dockworthy.errors import EngineError


def reader(node: str) -> dict[str, Any]:
    placed = {"Placement": {"Constraints": [f"node.id=={node}"]}}
    return {"ID": f"of {node}", "Spec": {"TaskTemplate": placed}}


async def test_who_reads_ends_no_reader_of_a_manager_that_is_at_work() -> None:
    removed: list[str] = []

    async def get(path: str) -> Any:
        if path == "/nodes":
            return [{"ID": name, "Status": {"State": state}}
                    for name, state in (("mine", "ready"), ("other", "ready"), ("lost", "down"))]  # fmt: skip
        return [reader(name) for name in ("mine", "other", "lost", "gone")]

    async def send(method: str, path: str, *, answer: bool, as_root: bool) -> None:
        assert as_root, "behind a guard nobody else may"
        removed.append(path.removeprefix("/services/of "))

    engine = SimpleNamespace(get=get, send=send)
    await swarm_secrets._end_readers(SimpleNamespace(engine=engine), "mine")  # type: ignore[arg-type]
    assert removed == ["mine", "lost", "gone"]


async def test_a_service_that_took_the_readers_id_for_a_name_is_not_read() -> None:
    def task(service: str) -> dict[str, Any]:
        return {
            "ServiceID": service,
            "Status": {"State": "running", "ContainerStatus": {"ContainerID": f"of {service}"}},
        }

    answers = [[task("another")], [task("another"), task("mine")]]

    async def get(path: str) -> Any:
        return answers.pop(0)

    site = SimpleNamespace(engine=SimpleNamespace(get=get), name="here")
    assert await swarm_secrets._container(site, "mine") == "of mine"  # type: ignore[arg-type]


async def test_a_swarm_that_does_not_answer_lets_no_certificate_run_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And gets nothing from here by then: it may have what is newer."""
    did: list[str] = []

    async def bring(*_: object) -> tuple[str, ...]:
        raise EngineError("the swarm has no leader now")

    async def keep(*_: object) -> None:
        did.append("keep")

    async def kept(*_: object) -> EdgeState:
        return EdgeState(compose='{"networks": {"edge": {"external": true}}, "services": {"proxy": {"ports": []}}}')

    async def yes(*_: object) -> bool:
        return True

    async def due(*_: object) -> tuple[Due, ...]:
        did.append("renew")
        return ()

    async def hand_over(*_: object) -> bool:
        return False

    monkeypatch.setattr(Carrying, "bring", bring)
    monkeypatch.setattr(Carrying, "keep", keep)
    monkeypatch.setattr(Renewer, "_running", kept)
    monkeypatch.setattr(Renewer, "_is_manager", yes)
    monkeypatch.setattr(Renewer, "_hand_over", hand_over)
    monkeypatch.setattr(renewing, "due_of", due)
    async with shell_here(command="edge renew") as shell:
        renewed = await Renewer(site_of(shell, tmp_path), {}).renew()
    assert did == ["renew"] and "the swarm has no leader now" in renewed.notes[0]
