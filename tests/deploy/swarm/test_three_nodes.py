"""Three nodes: each needs the image, tasks and jobs run on any of them, and a volume keeps its service where it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hosts.conftest import Swarm, until
from machines.images import BUSYBOX

from .stacks import Stack

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


@pytest.fixture
def nodes(engines_folder: Path) -> Iterator[Swarm]:
    """Each with an image of the same name and another id."""
    made = Swarm(engines_folder / "three-nodes")
    try:
        for number in (1, 2, 3):
            made.start(number)
        made.form()
        yield made
    finally:
        made.stop()


def test_shipped_to_all_of_them(nodes: Swarm, tmp_path: Path) -> None:
    shop = Stack(nodes.engines["n1"], tmp_path, "spread", BUSYBOX)
    jobs = {"before": ["migrate"]}
    shop.write(
        "dockworthy.yaml",
        {"policy": {"level": "baseline"}, "deploy": {"observe": "0s", "healthy_within": "30s", "jobs": jobs}},
    )
    at_n2 = {"placement": {"constraints": ["node.labels.dockworthy.host==n2"]}}
    web = shop.service(deploy={"replicas": 3, "placement": {"max_replicas_per_node": 1}})
    migrate = {**shop.service("sh", "-c", "echo on n2", deploy=at_n2), "profiles": ["jobs"]}
    shop.compose({"web": web, "migrate": migrate})
    done = shop.deploy(status=18)
    assert "could not start: No such image" in " ".join(done.stdout.split()) and "docker load" in done.stderr

    image = nodes.engines["n1"].docker("save", BUSYBOX).stdout
    for name in ("n2", "n3"):
        nodes.engines[name].docker("load", input=image)
    assert "migrate: on n2" in shop.deploy().stderr, "its log comes from another node"
    assert sorted(nodes.running("spread_web")) == sorted(nodes.id(name) for name in ("n1", "n2", "n3"))

    db = shop.service(volumes=["data:/data"])
    shop.compose({"web": web, "db": {**db, "deploy": at_n2}, "migrate": migrate}, volumes={"data": {}})
    shop.deploy()
    shop.compose({"web": web, "db": db, "migrate": migrate}, volumes={"data": {}})
    assert "db stays on" in shop.deploy().stderr
    assert nodes.running("spread_db") == [nodes.id("n2")], "where its volume is, without a word of the file"

    nodes.switch.cut(3)
    until(lambda: nodes.node("n3")["Status"]["State"] == "down", "n3 is seen to be down")
    assert "2 of 3 serve" in shop.dockworthy("releases", "status").stdout
    shop.compose({"web": {**web, "deploy": {"replicas": 2}}, "db": db, "migrate": migrate}, volumes={"data": {}})
    shop.deploy()
    assert {nodes.id("n1"), nodes.id("n2")} <= set(nodes.running("spread_web"))
