"""Images of a registry that asks for a password: pinned by digest, and where it does not give them, why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from machines.engines import OwnEngine
from machines.registry import PASSWORD, Registry, a_registry, why_no_registry

from .shops import Shop

pytestmark = [pytest.mark.engine, pytest.mark.skipif(bool(why_no_registry()), reason=why_no_registry())]


@pytest.fixture
def registry(own_engine: OwnEngine, tmp_path: Path) -> Iterator[Registry]:
    with a_registry(tmp_path / "registry", inside=own_engine.inside, password=True) as made:
        yield made


@pytest.fixture
def open_registry(own_engine: OwnEngine, tmp_path: Path) -> Iterator[Registry]:
    """That asks for none."""
    with a_registry(tmp_path / "open", inside=own_engine.inside) as made:
        yield made


def test_pinned_by_digest_or_why_not(
    shop: Shop, registry: Registry, open_registry: Registry, shop_images: tuple[str, str]
) -> None:
    engine, image, other = shop.engine, f"{registry.name}/shop", f"{open_registry.name}/shop"
    engine.docker("rmi", registry.push(engine, shop_images[0], "shop:1"))
    engine.docker("rmi", open_registry.push(engine, shop_images[1], "shop:2"))
    shop.compose({"web": {**shop.service(), "image": f"{image}:1"}})

    def refused() -> str:
        return " ".join(shop.deploy(status=20).stderr.split())

    assert f"docker login {registry.name}" in refused(), "nobody logged in"
    shop.logins = registry.login("wrong", folder=registry.folder / "wrong")
    assert f"docker login {registry.name}" in refused()
    shop.logins = registry.logins
    assert shop.deploy().returncode == 0
    (web,) = shop.containers()
    first = engine.inspect(web)["Config"]["Image"]
    assert first.startswith(f"{image}@sha256:")
    record = shop.dockworthy("releases", "show", "1", "--format", "json").stdout
    assert f"{image}@sha256:" in record and PASSWORD not in record

    shop.compose({"web": {**shop.service(), "image": f"{other}:2"}})
    shop.deploy()
    (web,) = shop.containers()
    assert engine.inspect(web)["Config"]["Image"].startswith(f"{other}@sha256:")
    engine.docker("rmi", f"{image}:1")  # and with the last name of that registry, its digest
    assert engine.docker("image", "inspect", first, check=False).returncode != 0
    assert shop.dockworthy("rollback", "--yes").returncode == 0, "what is gone is pulled again"
    (web,) = before = shop.containers()
    assert engine.inspect(web)["Config"]["Image"] == first

    shop.compose({"web": {**shop.service(), "image": f"{image}:nowhere"}})
    assert f"docker push {image}:nowhere" in refused()
    registry.stop()
    shop.compose({"web": {**shop.service(), "image": f"{image}:3"}})
    assert f"is {registry.name} up" in refused()
    assert shop.containers() == before and len(shop.releases()) == 3
