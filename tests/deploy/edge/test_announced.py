"""What a deploy writes on a host before anything joins the edge, and the guard of that host believes."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.composed import composed
from deploy.local_sites import site_of
from dockworthy.deploy.edge.project_edge import ProjectEdge
from dockworthy.deploy.edge.routes import ProjectRoutes, ServedRoute
from dockworthy.deploy.edge.state_dir import EdgeStateDir
from dockworthy.engine.host_shell import shell_here
from dockworthy.guard import edge_record
from dockworthy.guard.path_lookups import LookedUpFiles
from dockworthy.model.deploy_settings import Edge, Route

OLD, NEW, MORE = "a" * 32, "b" * 32, "c" * 32


def routes(**aliases: str) -> ProjectRoutes:
    served = tuple(ServedRoute(Route(host=f"{name}.example.org", service=name, port=80)) for name in aliases)
    return ProjectRoutes("shop", Edge(), served, aliases=aliases)


class Runner:
    """Of an edge that only notes what is announced."""

    def __init__(self) -> None:
        self.announced: list[tuple[str, set[str]]] = []

    async def announce_names(self, project: str, names: Iterable[str]) -> None:
        self.announced.append((project, set(names)))

    async def settle(self) -> tuple[str, ...]:
        return ()


@pytest.mark.parametrize(
    ("found", "wanted", "announced", "settled"),
    [
        (None, routes(web=NEW), {NEW}, {NEW}),
        (routes(web=OLD), routes(web=OLD), None, None),
        (routes(web=OLD), routes(web=OLD, api=NEW), {OLD, NEW}, {OLD, NEW}),
        (routes(web=OLD, api=MORE), routes(web=OLD), {OLD, MORE}, {OLD}),
        (routes(web=OLD), routes(web=NEW), {OLD, NEW}, {NEW}),
        (routes(web=OLD), None, {OLD}, set()),
        (None, None, None, None),
    ],
)
async def test_names_are_announced_for_the_way_there_and_back(
    found: ProjectRoutes | None, wanted: ProjectRoutes | None, announced: set[str] | None, settled: set[str] | None
) -> None:
    runner: Any = Runner()
    edge = ProjectEdge(runner, "shop", wanted, found)
    await edge.announce()
    assert runner.announced == ([("shop", announced)] if announced is not None else [])
    await edge.settle({})
    assert runner.announced[1:] == ([("shop", settled)] if settled is not None else [])


@pytest.fixture
def state() -> Iterator[Path]:
    """As root alone has it."""
    if os.geteuid() != 0:
        pytest.skip("files of root's are made")
    made = Path(tempfile.mkdtemp(dir="/var/lib", prefix="dockworthy-test-"))
    yield made
    shutil.rmtree(made)


async def test_the_guard_believes_what_a_deploy_wrote(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge_record, "EDGE_FOLDER", f"{state}/edge")
    spec = {"services": {"proxy": {"image": "x", "command": ["y"]}}}
    async with shell_here(command="deploy") as shell:
        keeper = EdgeStateDir(site_of(shell, state))
        await keeper.announce_names("shop", [NEW])
        assert edge_record.edge_names(LookedUpFiles()) == {NEW}
        await keeper.write_routes("shop", routes(web=OLD))
        assert edge_record.edge_names(LookedUpFiles()) == {OLD, NEW}
        await keeper.announce(composed(spec))
        assert edge_record.edge_specs(LookedUpFiles()) == (spec["services"]["proxy"],)
        assert (await keeper.read()).projects == {"shop": routes(web=OLD)}
