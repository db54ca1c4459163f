"""A project is removed from a swarm: services, networks, secrets, configs and records."""

from __future__ import annotations

import pytest

from .stacks import Stack

pytestmark = pytest.mark.engine


def test_services_secrets_and_records_go(shop: Stack) -> None:
    (shop.folder / "password").write_text("first")
    web = shop.service(secrets=["password"], volumes=["data:/data"])
    shop.compose({"web": web}, secrets={"password": {"file": "./password"}}, volumes={"data": {}})
    shop.deploy()
    (shop.folder / "password").write_text("second")
    shop.deploy()

    def left(*kinds: str) -> list[str]:
        return [
            line
            for kind in kinds
            for label in (f"com.docker.stack.namespace={shop.name}", f"dockworthy.project={shop.name}")
            for line in shop.engine.docker(kind, "ls", "--quiet", "--filter", f"label={label}").stdout.decode().split()
        ]

    assert left("service") and left("config") and left("secret")
    plan = shop.dockworthy("remove", "--dry-run").stdout
    assert f"{shop.name}_web" in plan and f"{shop.name}_data" in plan and "--volumes" in plan
    done = shop.dockworthy("remove", "--yes")
    assert done.returncode == 0, done.stderr
    assert left("service", "network", "config", "secret") == []
    assert left("volume") == [f"{shop.name}_data"]
    assert shop.dockworthy("remove", "--yes", "--volumes").returncode == 0
    assert left("volume") == []
