"""Containers that run for no task of the swarm, as an engine that was killed leaves them: reported, and removed."""

from __future__ import annotations

from typing import Any

import pytest

from dockworthy.deploy.targets.swarm.lost import lost_of

from .stacks import Stack

LABELS = {"com.docker.stack.namespace": "shop", "com.docker.swarm.service.name": "shop_web"}


def container(task: str, state: str = "running", **labels: str) -> dict[str, Any]:
    return {"Id": f"of-{task}", "State": state, "Labels": {**LABELS, "com.docker.swarm.task.id": task, **labels}}


def test_whose_task_is_over_or_forgotten() -> None:
    tasks = [{"ID": id, "Status": {"State": id}} for id in ("running", "starting", "shutdown", "orphaned", "failed")]
    ids = [task["ID"] for task in tasks]
    containers = [*map(container, [*ids, "forgotten"]), container("gone", "exited")]
    containers.append(container("other", **{"com.docker.stack.namespace": "other"}))
    containers.append({"Id": "composed", "State": "running", "Labels": {"com.docker.stack.namespace": "shop"}})
    assert lost_of("shop", containers, tasks) == {"web": ("of-shutdown", "of-orphaned", "of-failed", "of-forgotten")}


@pytest.mark.engine
def test_the_next_deploy_removes_them(shop: Stack) -> None:
    shop.compose({"web": shop.service()})
    shop.deploy()
    (kept,) = shop.containers("web").values()
    words = {**LABELS, "com.docker.stack.namespace": shop.name, "com.docker.swarm.service.name": f"{shop.name}_web"}
    labels = [f"--label={name}={value}" for name, value in {**words, "com.docker.swarm.task.id": "forgotten"}.items()]
    left = shop.engine.docker("run", "-d", "--init", *labels, shop.image, "sleep", "1000").stdout.decode().strip()
    try:
        done = shop.dockworthy("releases", "status")
        told = " ".join(done.stdout.split())
        assert done.returncode == 1 and f"1 container runs for no task of the swarm ({left[:12]})" in told, told
        assert "remove 1 container of web that no task" in shop.deploy("--dry-run").stdout
        assert left in shop.containers().values(), "a plan changes nothing"
        assert "remove 1 container of web that no task" in shop.deploy().stderr
        assert list(shop.containers().values()) == [kept]
        assert "nothing to do" in shop.deploy().stdout
        assert shop.dockworthy("releases", "status").returncode == 0
    finally:
        shop.engine.docker("rm", "--force", left, check=False)
