"""The engine is asked once for each image that a project names; what is not there is pulled, but for a dry run."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import pytest

from deploy.composed import composed
from dockworthy.deploy.pinning import find_images, pins_of, would_be_pulled
from dockworthy.engine.faults import NoSuchObject
from dockworthy.errors import UsageError
from dockworthy.model.compose_project import ComposeProject
from dockworthy.model.deploy_settings import DeploySettings

SERVICES = {"web": {"image": "shop:1"}, "db": {"image": "postgres:17"}, "own": {"build": "."}}


class Engine:
    def __init__(self, *there: str) -> None:
        self.there = {*there}
        self.asked: list[str] = []
        self.pulled: list[str] = []

    async def get(self, path: str) -> Any:
        image = unquote(path.removeprefix("/images/").removesuffix("/json"))
        self.asked.append(image)
        if image not in self.there:
            raise NoSuchObject("no such image")
        return {"Id": f"sha256:{image}", "Config": {}}

    async def pull(self, spec: ComposeProject, services: list[str]) -> None:
        self.pulled += services
        self.there |= {spec.services[name].image for name in services}


async def pins(engine: Engine, **asked: Any) -> tuple[Any, dict[str, Any]]:
    wanted: Any = SimpleNamespace(
        **{"settings": DeploySettings(), "images": {}, "pull": False, "dry_run": False, **asked}
    )
    rendered: Any = SimpleNamespace(project="shop", spec=composed(services=SERVICES), active={*SERVICES})
    site: Any = SimpleNamespace(engine=engine, name="this host")
    compose: Any = engine
    shell = await find_images(wanted, rendered, site)
    return shell, await pins_of(wanted, rendered, shell, site, compose)


async def test_where_all_are_there_each_is_asked_for_once() -> None:
    engine = Engine("shop:1", "postgres:17", "shop-own")
    shell, found = await pins(engine)
    assert sorted(engine.asked) == ["postgres:17", "shop-own", "shop:1"] and not engine.pulled
    assert not shell.to_pull and {*found} == {*shell.images} == {*SERVICES}


async def test_what_is_absent_is_pulled_and_what_is_built_is_not() -> None:
    engine = Engine("shop:1", "shop-own")
    shell, found = await pins(engine)
    assert shell.absent == ("db",) and engine.pulled == ["db"] and {*shell.images} == {"web", "own"}
    assert all(pin.is_here for pin in found.values())
    with pytest.raises(UsageError, match="own: its image shop-own is not on this host"):
        await pins(Engine("shop:1"))


async def test_a_dry_run_pulls_nothing_and_says_what_it_would() -> None:
    engine = Engine("shop:1", "shop-own")
    shell, found = await pins(engine, dry_run=True, pull=True)
    assert not engine.pulled and [name for name, pin in found.items() if not pin.is_here] == ["db"]
    first, second = would_be_pulled(shell, on="this host")
    assert "postgres:17 (db)" in first and second == "a newer image would be asked for: shop:1 (web)"
    assert {*shell.images} == {"own"}, "what is asked for again may be another one"
