"""The gate of a real deploy: what the image tells, what the host is, and what must pass, on a real engine."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deploy.shops import Shop
from machines.engines import OwnEngine
from machines.images import make_image
from machines.ssh_servers import SshServer

pytestmark = pytest.mark.engine

SOUND = {
    "read_only": True,
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
    "mem_limit": "64m",
    "pids_limit": 50,
}


def policy(shop: Shop, **parts: Any) -> None:
    shop.write("dockworthy.yaml", {"policy": {"level": "baseline", **parts}, "deploy": {"observe": "0s"}})


def findings(shop: Shop) -> dict[str, dict[str, str]]:
    return {each["control"]: each for each in shop.releases()[-1]["findings"]}


@pytest.fixture(scope="session")
def of_app(own_engine: OwnEngine) -> str:
    """An image with a user by name: which number that is stands in the image's files."""
    return make_image(own_engine, "dockworthy-test-of-app:1", "USER app")


def test_the_images_user_is_judged_where_the_file_leaves_it_to_it(shop: Shop, of_app: str) -> None:
    policy(shop, level="restricted")
    shop.compose({"web": shop.service(**SOUND)})
    refused = " ".join(shop.deploy(status=1).stdout.split())
    assert "workload/run-as-non-root" in refused and f"image {shop.image} Config.User" in refused

    shop.compose({"web": {**shop.service(**SOUND), "image": of_app}})
    policy(shop, level="restricted", unknown="fail")
    refused = " ".join(shop.deploy(status=1).stdout.split())
    assert "runs as 'app', whose uid stands in the image's /etc/passwd" in refused
    assert shop.containers(every=True) == {} and shop.releases() == []

    policy(shop, level="restricted")
    shop.deploy()
    assert findings(shop)["workload/run-as-non-root"]["outcome"] == "unknown", "what stays unknown is recorded"


def test_tests_that_must_pass_and_the_host_that_is_told(shop: Shop, shop_images: tuple[str, str]) -> None:
    shop.compose({"web": shop.service()})
    policy(shop, before_deploy={"tests": ["test -e built"]})
    dry = shop.deploy("--dry-run").stdout
    assert "would be run before: test -e built" in dry and "this host: " in dry and not shop.state.exists()
    refused = shop.deploy(status=1)
    assert "`test -e built`" in refused.stdout and "ended with status 1" in " ".join(refused.stdout.split())
    assert shop.containers(every=True) == {} and shop.releases() == []

    (shop.folder / "built").touch()
    assert "this host: " in shop.deploy().stderr
    found = findings(shop)
    assert found["before-deploy/tests"]["outcome"] == "pass"
    assert found["before-deploy/host"]["outcome"] in ("pass", "excepted", "fail", "unknown")
    (shop.folder / "built").unlink()
    assert "nothing to do" in shop.deploy().stdout, "where nothing is shipped nothing is asked"

    policy(shop, before_deploy={"host": "production", "tests": ["touch ran"]})
    refused = shop.deploy("--image", f"web={shop_images[1]}", status=1)
    assert "`dockworthy assess --level production`" in " ".join(refused.stdout.split())
    assert not (shop.folder / "ran").exists() and len(shop.releases()) == 1
    shop.compose({"web": shop.service(environment={"NEW": "1"})})
    policy(shop)
    shop.deploy()
    policy(shop, before_deploy={"host": "production", "tests": ["false"]})
    assert shop.dockworthy("rollback", "--yes").returncode == 0, "the way back is not asked"


@pytest.mark.ssh
def test_a_host_elsewhere_is_read_through_the_one_connection(shop: Shop, far: tuple[SshServer, str]) -> None:
    server, host = far
    shop.compose({"web": shop.service()})
    policy(shop, before_deploy={"host": "production"})
    refused = " ".join(shop.deploy("--host", host, "--format", "json", status=1).stdout.split())
    (why,) = json.loads(refused)["refused_because"]
    assert "could not be read" not in why and f"`dockworthy assess --level production --host {host}`" in why
    assert server.log.count("Accepted publickey") == 1
