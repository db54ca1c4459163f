"""What tests of deploys share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from machines.engines import OwnEngine
from machines.images import make_image
from machines.ssh_fixtures import Servers
from machines.ssh_servers import USER, SshServer

from .shops import Shop


@pytest.fixture(scope="session")
def shop_images(own_engine: OwnEngine) -> tuple[str, str]:
    """Two versions of an image."""
    return tuple(make_image(own_engine, f"dockworthy-test-shop:{each}", f"LABEL v={each}") for each in (1, 2))  # type: ignore[return-value]


@pytest.fixture
def shop(
    own_engine: OwnEngine, shop_images: tuple[str, str], tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Shop]:
    """A project that is called after the test, removed with it."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[:50].strip("-")
    made = Shop(own_engine, tmp_path, name, shop_images[0])
    yield made
    made.remove()


@pytest.fixture
def far(shop: Shop, serve: Servers) -> Iterator[tuple[SshServer, str]]:
    """A host with an account that may use the engine: the server, and its address. Its releases are in its home."""
    socket = Path(shop.engine.endpoint.removeprefix("unix://"))
    mode = socket.stat().st_mode & 0o777
    socket.chmod(0o666)
    server = serve(user_shell="/bin/sh")
    yield server, server.address(USER, str(socket))
    socket.chmod(mode)
