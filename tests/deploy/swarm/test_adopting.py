"""A stack that runs already, and what a service with a volume needs."""

from __future__ import annotations

import pytest

from deploy.shops import HEALTH

from .stacks import Stack

pytestmark = pytest.mark.engine


def test_a_running_stack_is_taken_over_as_it_is_and_then_shipped(shop: Stack, shop_images: tuple[str, str]) -> None:
    web = shop.service(deploy={"replicas": 2, "endpoint_mode": "dnsrr"}, environment={"PRICE": "5$$"}, cap_drop=["ALL"])
    db = shop.service(
        volumes=["data:/data"], deploy={"placement": {"constraints": ["node.role==manager"]}, "endpoint_mode": "dnsrr"}
    )
    web["healthcheck"] = db["healthcheck"] = HEALTH
    shop.compose({"web": web, "db": db}, volumes={"data": {}})
    text = (shop.folder / "compose.yaml").read_text()
    (shop.folder / "compose.yaml").write_text(text.replace(f"name: {shop.name}\n", ""))  # nor this
    shop.docker_stack()
    (shop.folder / "compose.yaml").write_text(text)
    shop.wait_for(3)
    before = shop.containers()

    plan = shop.deploy("--dry-run").stdout
    assert "replace web" not in plan and "create" not in plan
    shop.deploy()
    assert shop.containers("web").items() <= before.items(), "what is equal is not recreated"
    shop.compose({"web": {**web, "image": shop_images[1]}, "db": db}, volumes={"data": {}})
    shop.deploy()
    after = shop.containers()
    assert len(after) == 3 and not set(shop.containers("web").values()) & set(before.values())
    environment = shop.engine.inspect(next(iter(shop.containers("web"))))["Config"]["Env"]
    assert "PRICE=5$" in environment
    assert "nothing to do" in shop.deploy().stdout
    services = shop.engine.docker("stack", "services", "--format", "{{.Name}} {{.Replicas}}", shop.name).stdout
    assert sorted(services.decode().splitlines()) == [f"{shop.name}_db 1/1", f"{shop.name}_web 2/2"]


def test_a_service_with_a_volume_stays_where_it_is(shop: Stack) -> None:
    shop.compose({"db": shop.service(volumes=["data:/data"])}, volumes={"data": {}})
    done = shop.deploy()
    assert "db stays on" in done.stderr
    spec = shop.engine.inspect(f"{shop.name}_db")["Spec"]["TaskTemplate"]
    assert [each.partition("==")[0] for each in spec["Placement"]["Constraints"]] == ["node.id"]
    shop.compose({"db": shop.service(volumes=["data:/data"], environment={"A": "1"})}, volumes={"data": {}})
    done = shop.deploy()
    assert "replace db: old first" in done.stderr and "is written to" in done.stderr
    assert "nothing to do" in shop.deploy().stdout


def test_what_is_scaled_stays_and_what_goes_is_removed(shop: Stack) -> None:
    shop.compose({"web": shop.service(), "old": shop.service()})
    shop.deploy()
    before = shop.containers("web")
    shop.compose({"web": shop.service(deploy={"replicas": 3})})
    done = shop.deploy()
    assert "scale web from 1 to 3" in done.stderr and "remove old" in done.stderr
    assert before.items() <= shop.containers("web").items() and len(shop.containers()) == 3
    assert b"_old" not in shop.engine.docker("service", "ls", "--format", "{{.Name}}").stdout
    shop.engine.docker("service", "update", "--detach=false", "--env-add", "BY=hand", f"{shop.name}_web")
    asked = " ".join(shop.deploy(status=1).stdout.split())
    assert "changed by hand since release 2" in asked and "--accept web:by-hand" in asked


def test_what_was_made_by_hand_as_the_files_say_becomes_a_release(shop: Stack, shop_images: tuple[str, str]) -> None:
    """Else the records would tell of another image for good, and nothing would ever be to do."""
    shop.compose({"web": shop.service(deploy={"replicas": 2})})
    shop.deploy()
    shop.compose({"web": shop.service(deploy={"replicas": 2}, environment={"A": "1"})})
    shop.engine.docker("service", "update", "--detach=false", "--env-add", "A=1", f"{shop.name}_web")
    assert "0 of 2 serve" in " ".join(shop.dockworthy("releases", "status").stdout.split())
    shop.wait_for(2)  # the old ones go last
    before = shop.containers("web")
    told = " ".join(shop.deploy().stderr.split())
    assert "keep web as it runs, as this release" in told
    assert shop.containers("web") == before
    assert "2 of 2 serve" in shop.dockworthy("releases", "status").stdout
    assert "nothing to do" in shop.deploy().stdout
