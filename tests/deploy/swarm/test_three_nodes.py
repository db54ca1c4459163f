"""Three nodes: each gets the image that it needs, tasks and jobs run on any of them, and a volume keeps its service
where it is."""

from __future__ import annotations

import io
import json
import os
import signal
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hosts.conftest import Swarm, until
from machines.images import BUSYBOX, busybox_root, make_image
from machines.registry import PASSWORD, Registry, a_registry, why_no_registry
from machines.ssh_fixtures import Servers
from machines.ssh_servers import USER
from patience import patience, within

from .stacks import Stack

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

NODES = ("n1", "n2", "n3")
AT_N2 = {"placement": {"constraints": ["node.labels.dockworthy.host==n2"]}}


@pytest.fixture(scope="module")
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


@pytest.fixture
def shop(nodes: Swarm, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stack]:
    """Called after the end of the test's name; the rest of it goes with the nodes."""
    shop = Stack(nodes.engines["n1"], tmp_path, request.node.name.rpartition("_")[2], BUSYBOX)
    yield shop
    shop.engine.docker("stack", "rm", "--detach=true", shop.name)


def settle(shop: Stack, hosts: dict[str, str], **deploy: Any) -> None:
    deploy = {"observe": "0s", "healthy_within": within(30), **deploy}
    shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": deploy, "hosts": hosts})


def everywhere(shop: Stack, **more: Any) -> dict[str, Any]:
    return shop.service(deploy={"replicas": 3}, **more)


def large_image(nodes: Swarm, name: str) -> str:
    root = io.BytesIO(busybox_root())
    with tarfile.open(fileobj=root, mode="a") as tar:
        ballast = tarfile.TarInfo("ballast")
        ballast.size = 60 * 10**6
        tar.addfile(ballast, io.BytesIO(os.urandom(ballast.size)))
    nodes.engines["n1"].docker("import", "--change", "ENV PATH=/bin", "-", name, input=root.getvalue())
    return str(nodes.engines["n1"].inspect(name)["Id"])


def has(nodes: Swarm, name: str, image: str) -> bool:
    return nodes.engines[name].docker("image", "inspect", image, check=False).returncode == 0


@pytest.fixture
def hosts(nodes: Swarm, serve: Servers) -> Iterator[dict[str, str]]:
    """Name -> address, of an account that may use the engine there, and keeps what it must in its home."""
    found = {}
    for name, engine in nodes.engines.items():
        socket = Path(engine.endpoint.removeprefix("unix://"))
        socket.chmod(0o666)
        server = serve(inside=engine.inside, listens_at=nodes.addresses[name], user_shell="/bin/sh")
        found[name] = server.address(USER, str(socket))
    yield found
    for engine in nodes.engines.values():
        Path(engine.endpoint.removeprefix("unix://")).chmod(0o660)


@pytest.mark.ssh
def test_an_image_that_no_registry_has_is_loaded_where_it_is_not(
    nodes: Swarm, shop: Stack, hosts: dict[str, str]
) -> None:
    """All of it over ssh, from the first deploy to the rollback."""
    manager = ("--host", "n1")
    settle(shop, {**hosts, "n3": hosts["n3"] + "-none"})
    image = large_image(nodes, "large:1")
    shop.compose({"web": {**everywhere(shop), "image": "large:1"}})
    told = " ".join(shop.deploy(*manager, status=15).stderr.split())
    assert "may run on n3, which can't be asked for large:1" in told and "hosts drain n3" in told
    settle(shop, hosts)
    process = shop.begin("deploy", "--yes", *manager)
    assert process.stdout is not None
    while not process.stdout.readline().startswith(b"load large:1 (62 MB) on n2, n3"):
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=patience(30))
    assert not has(nodes, "n3", image)
    shop.deploy("--take-over", *manager)
    for name in ("n2", "n3"):
        assert nodes.engines[name].inspect("large:1")["Id"] == image, "by its name, so no clean-up takes it"
    assert sorted(nodes.running(f"{shop.name}_web")) == sorted(map(nodes.id, NODES))

    shop.compose({"web": {**everywhere(shop, environment={"NEW": "1"}), "image": "large:1"}})
    assert "load" not in shop.deploy(*manager).stderr
    assert shop.dockworthy("rollback", "--yes", *manager).returncode == 0
    assert "3 of 3 serve" in shop.dockworthy("releases", "status", *manager).stdout

    policy = {"level": "baseline", "before_deploy": {"host": "baseline"}}
    shop.write("dockworthy.yaml", {"policy": policy, "hosts": {name: hosts[name] for name in ("n1", "n2")}})
    asked = shop.deploy(*manager, status=1)
    told = " ".join((asked.stdout + asked.stderr).split())
    assert "n2: not fit" in told and f"assess--levelbaseline--host{hosts['n2']}" in told.replace(" ", ""), told
    assert "n3: undecided: nobody can look" in told and "hosts add ssh://root@HOST --name n3" in told


@pytest.fixture
def registry(nodes: Swarm, tmp_path: Path) -> Iterator[Registry]:
    """That all nodes reach; it asks for a password."""
    if reason := why_no_registry():
        pytest.skip(reason)
    engine = nodes.engines["n1"]
    at = nodes.addresses["n1"]
    with a_registry(tmp_path / "registry", inside=engine.inside, address=at, password=True) as made:
        yield made


def test_each_node_pulls_by_digest_with_what_docker_login_stored(nodes: Swarm, shop: Stack, registry: Registry) -> None:
    engine = nodes.engines["n1"]
    first, second = (
        registry.push(engine, make_image(engine, f"pushed:{each}", f"LABEL v={each}"), f"shop:{each}")
        for each in (1, 2)
    )
    settle(shop, {name: nodes.engines[name].endpoint for name in NODES})
    shop.compose({"web": {**everywhere(shop), "image": first}})
    shop.logins = registry.login("wrong", folder=registry.folder / "wrong")
    told = " ".join(shop.deploy(status=2).stderr.split())
    assert "may run on n2, n3" in told and f"docker login {registry.name}" in told
    shop.logins = registry.logins
    assert PASSWORD not in str(shop.deploy())
    assert sorted(nodes.running(f"{shop.name}_web")) == sorted(map(nodes.id, NODES))
    spec = str(engine.inspect(f"{shop.name}_web"))
    assert f"{registry.name}/shop@sha256:" in spec and PASSWORD not in spec
    configs = engine.docker("config", "ls", "--quiet").stdout.decode().split()
    assert PASSWORD not in engine.docker("config", "inspect", "--pretty", *configs).stdout.decode()

    registry.stop()
    shop.compose({"web": {**everywhere(shop, environment={"NEW": "1"}), "image": first}})
    assert "the registry does not give" in shop.deploy().stderr, "and each node has it"
    shop.compose({"web": {**everywhere(shop), "image": second}})
    told = " ".join(shop.deploy(status=2).stderr.split())
    assert f"is {registry.name} up" in told and PASSWORD not in told


def test_what_runs_on_another_node_for_no_task_lost(nodes: Swarm, shop: Stack) -> None:
    """As the engine of n2 leaves it when it is killed; n3 is a node that nobody can ask."""
    settle(shop, {"n2": nodes.engines["n2"].endpoint})
    shop.compose({"web": shop.service()})
    shop.deploy()
    words = {
        "com.docker.stack.namespace": shop.name,
        "com.docker.swarm.service.name": f"{shop.name}_web",
        "com.docker.swarm.task.id": "forgotten",
    }
    labels = [f"--label={name}={value}" for name, value in words.items()]
    there = nodes.engines["n2"]
    left = there.docker("run", "-d", "--init", *labels, shop.image, "sleep", "1000").stdout.decode().strip()
    done = shop.dockworthy("releases", "status")
    told = " ".join(done.stdout.split())
    assert done.returncode == 1 and f"1 container runs on n2 for no task of the swarm ({left[:12]})" in told, told
    assert "without a task in the swarm run on n3 is unknown: `hosts:`" in told and "hosts add ssh://" in told
    plan = " ".join(shop.deploy("--dry-run").stdout.split())
    assert "remove 1 container of web on n2 without a task in the swarm" in plan and "run on n3 is unknown" in plan, (
        plan
    )
    assert left in there.docker("ps", "-q", "--no-trunc").stdout.decode(), "a plan changes nothing"
    assert "remove 1 container of web on n2 without a task in the swarm" in shop.deploy().stderr
    assert left not in there.docker("ps", "-q", "--no-trunc", "--all").stdout.decode()
    assert "nothing to do" in shop.deploy().stdout
    asked = shop.dockworthy("releases", "status", "--format", "json")
    assert asked.returncode == 0, asked.stdout
    assert [each["name"] for each in json.loads(asked.stdout)["unknown_nodes"]] == ["n3"]


def test_shipped_to_all_of_them(nodes: Swarm, shop: Stack) -> None:
    jobs = {"before": ["migrate"]}
    settle(shop, {}, jobs=jobs)
    web = everywhere(shop)
    migrate = {**shop.service("sh", "-c", "echo on n2", deploy=AT_N2), "profiles": ["jobs"]}
    shop.compose({"web": web, "migrate": migrate})
    done = shop.deploy(status=18)
    told = " ".join(done.stdout.split())
    assert "could not start: No such image" in told and "docker load" in told
    assert "nobody can tell which of n2, n3 has" in " ".join(done.stderr.split()) and "hosts add ssh://" in done.stderr

    settle(shop, {name: nodes.engines[name].endpoint for name in NODES}, jobs=jobs)
    assert "migrate: on n2" in shop.deploy().stderr, "its log comes from another node"
    assert sorted(nodes.running(f"{shop.name}_web")) == sorted(map(nodes.id, NODES))

    db = shop.service(volumes=["data:/data"])
    shop.compose({"web": web, "db": {**db, "deploy": AT_N2}, "migrate": migrate}, volumes={"data": {}})
    shop.deploy()
    shop.compose({"web": web, "db": db, "migrate": migrate}, volumes={"data": {}})
    assert "db stays on" in shop.deploy().stderr
    assert nodes.running(f"{shop.name}_db") == [nodes.id("n2")], "where its volume is, without a word of the file"

    nodes.switch.cut(3)
    until(lambda: nodes.node("n3")["Status"]["State"] == "down", "n3 is seen to be down")
    assert "2 of 3 serve" in shop.dockworthy("releases", "status").stdout
    shop.compose({"web": {**web, "deploy": {"replicas": 2}}, "db": db, "migrate": migrate}, volumes={"data": {}})
    shop.deploy()
    assert {nodes.id("n1"), nodes.id("n2")} <= set(nodes.running(f"{shop.name}_web"))
