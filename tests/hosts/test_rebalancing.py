"""Tasks are spread over the nodes that may take them, one after another, and no request fails meanwhile."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.edge.shop_app import COMMAND, make_app_image
from deploy.edge.test_external_proxy import HEALTH
from deploy.swarm.stacks import Stack
from dockworthy.deploy.targets.swarm.target import as_wanted
from dockworthy.hosts.rebalancing import spread_of, spreads_of
from dockworthy.model.labels import REBALANCED_FROM as BEFORE
from dockworthy.report.hosts import number_of_moves, spread_in_words
from patience import patience, within

from .conftest import Swarm, until
from .test_placement import node, service, task

HOST = "shop.example.com"
LOAD = """
import http.client, os, sys, time
stop, kept, count, failed = sys.argv[2], None, 0, []
while not os.path.exists(stop):
    for keep in (True, False):
        asked = kept if keep and kept else http.client.HTTPConnection("127.0.0.1", 80)
        try:
            asked.request("GET", "/", headers={"Host": sys.argv[1]})
            answer = asked.getresponse()
            body = answer.read()
            if answer.status != 200:
                failed.append(f"{answer.status} {body[:100]}")
        except Exception as error:
            failed.append(repr(error))
            asked = None
        count += 1
        if keep:
            kept = asked
        elif asked:
            asked.close()
        if count == 20:
            print("asking", flush=True)
    time.sleep(0.01)
print(count, failed)
"""


def spread(*on: str, nodes: str = "abc", **more: Any) -> Any:
    asked = service(replicas=len(on), **more)
    return spread_of([node(name) for name in nodes], asked, [*map(task, on), task("z"), task(desired="shutdown")])


def test_as_few_move_as_it_takes() -> None:
    assert [spread(*on).moves for on in ("aaa", "aab", "abc", "aa", "a", "aaaaaa", "aaab")] == [2, 1, 0, 1, 0, 4, 1]
    assert spread_in_words(spread("a", "a", "b")) == (
        "web: 2 on a, 1 on b, none on c; 1 of 3 tasks moves: each ends before a new one starts"
    )
    assert number_of_moves([spread("a", "a", "b"), spread("a", "a", "a")]).startswith("3 tasks of 2 services are moved")


@given(st.lists(st.integers(0, 12), min_size=1, max_size=6))
def test_then_no_node_has_two_more_than_another(counts: list[int]) -> None:
    on = [name for name, count in zip("abcdef", counts, strict=False) for _ in range(count)]
    if not on:
        return
    left, moved = counts, spread(*on, nodes="abcdef"[: len(counts)]).moves
    for _ in range(moved):
        left[left.index(min(left))] += 1
        left[left.index(max(left))] -= 1
    assert max(left) - min(left) <= 1
    assert moved == 0 or max(counts) >= 1


def test_what_may_not_move_stays_and_is_said_to() -> None:
    assert not spread("a", "a", volume="data").is_to_move and "volume data" in spread("a", "a", volume="data").stays
    updating = {**service(replicas=2), "UpdateStatus": {"State": "updating"}}
    assert "update of it is updating" in spread_of([node("a"), node("b")], updating, [task(), task()]).stays
    bound = service("node.id==a", replicas=2)
    assert spread_of([node("a"), node("b")], bound, [task(), task()]).moves == 0
    drained = [node("a"), node("b", availability="drain"), node("c", ready=False)]
    assert spread_of(drained, service(replicas=2), [task(), task()]).moves == 0
    assert spreads_of([node("a"), node("b")], [service(replicas=None)], [task(), task()]) == ()


def test_a_run_that_was_killed_is_gone_on_with() -> None:
    killed = service(replicas=3)
    killed["Spec"]["Labels"] = {BEFORE: "2"}
    found = spread_of([node("a"), node("b")], killed, [task(), task(), task("b")])
    assert (found.replicas, found.begun, found.is_to_move) == (2, True, True)


@pytest.mark.parametrize("label", ["2", "7", "", "many", "-3", "9" * 5000])
def test_what_a_killed_run_left_is_nothing_once_somebody_scaled_the_service(label: str) -> None:
    scaled = service(replicas=5)
    scaled["Spec"]["Labels"] = {BEFORE: label}
    found = spread_of([node("a"), node("b")], scaled, [task()] * 3 + [task("b")] * 2)
    assert (found.replicas, found.begun, found.is_to_move) == (5, False, False)


def test_a_deploy_says_how_many_there_are_and_rebalance_goes_by_that() -> None:
    """A run that was killed left four of three tasks, and its label; then four are wanted: they stay four."""
    killed = service(replicas=4)
    killed["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"] = "shop"
    killed["Spec"]["Labels"] = {BEFORE: "3", "kept": "yes"}
    wanted = {**killed["Spec"], "Labels": {}}
    deployed = as_wanted(killed["Spec"], wanted, again=False)
    assert deployed["Labels"] == {"kept": "yes"}
    assert spread_of([node("a")], {**killed, "Spec": deployed}, [task()] * 4).replicas == 4


@pytest.fixture
def shop(swarm: Swarm, tmp_path: Path) -> Iterator[Stack]:
    """On three nodes, with an edge on the first."""
    engine = swarm.engines["n1"]
    image = make_app_image(engine)
    shop = Stack(engine, tmp_path, "shop", image)
    routes = [{"host": HOST, "service": "web", "port": 8000, "health": "/health"}]
    deploy = {"observe": "0s", "edge": {"http": 80, "tls": "off"}, "routes": routes, "healthy_within": within(60)}
    hosts = {name: each.endpoint for name, each in swarm.engines.items()}
    shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": deploy, "hosts": hosts})
    yield shop
    engine.docker("stack", "rm", "--detach=true", shop.name)
    engine.docker("rm", "--force", "dockworthy-edge-proxy-1", check=False)


def where(swarm: Swarm, service: str) -> list[int]:
    counted = Counter(swarm.running(service))
    return [counted[swarm.id(name)] for name in ("n1", "n2", "n3")]


def replicas(swarm: Swarm, service: str) -> tuple[int, dict[str, str]]:
    spec = json.loads(swarm.docker("n1", "service", "inspect", service))[0]["Spec"]
    return spec["Mode"]["Replicated"]["Replicas"], spec["Labels"]


@pytest.mark.engine
@pytest.mark.timeout(600)
@pytest.mark.skipif(shutil.which("haproxy") is None, reason="haproxy is not installed (sudo ./test installs it)")
def test_no_request_fails_while_tasks_move(swarm: Swarm, shop: Stack, tmp_path: Path) -> None:
    for name in ("n2", "n3"):
        swarm.docker("n1", "node", "update", "--availability", "drain", swarm.id(name))
    more = {"init": False, "healthcheck": HEALTH, "deploy": {"replicas": 3}}
    shop.compose({"web": shop.service(*COMMAND, environment={"NAME": "v1", "ON_TERM": "finish"}, **more)})
    shop.deploy()
    for name in ("n2", "n3"):
        assert swarm.dockworthy("resume", name, "--yes").returncode == 0
    assert where(swarm, "shop_web") == [3, 0, 0]
    before = set(swarm.docker("n1", "ps", "-q", "--filter", "name=shop_web").split())

    plan = swarm.dockworthy("rebalance", "--dry-run")
    told = " ".join(plan.stderr.split())
    assert "shop_web: 3 on n1, none on n2, none on n3; 2 of 3 tasks move: each new one is healthy" in told, told
    assert where(swarm, "shop_web") == [3, 0, 0], "a plan changes nothing"

    stop = tmp_path / "stop"
    load = subprocess.Popen(
        [*shop.engine.inside, sys.executable, "-c", LOAD, HOST, str(stop)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert load.stdout is not None and load.stdout.readline() == "asking\n"
        done = swarm.dockworthy("rebalance", "--yes")
    finally:
        stop.touch()
    said, _ = load.communicate(timeout=patience(60))
    assert done.returncode == 0, done.stderr
    assert said.endswith(" []\n") and int(said.split()[0]) > 100, said
    assert where(swarm, "shop_web") == [1, 1, 1]
    assert "moved, never fewer tasks than before" in done.stderr
    assert len(before & set(swarm.docker("n1", "ps", "-q").split())) == 1, "what stays is not started again"
    count, labels = replicas(swarm, "shop_web")
    assert count == 3 and BEFORE not in labels
    assert "nothing to do" in swarm.dockworthy("rebalance", "--yes").stderr
    assert "nothing to do" in shop.deploy().stdout, "and it is what was shipped"


@pytest.mark.engine
@pytest.mark.timeout(400)
def test_it_stops_at_the_first_that_does_not_come_up_and_goes_on_later(swarm: Swarm) -> None:
    """n2 and n3 lack what a mount needs."""
    here = swarm.folder / "only-on-n1"
    here.mkdir()
    swarm.docker("n1", "node", "update", "--availability", "drain", swarm.id("n2"))
    swarm.docker("n1", "node", "update", "--availability", "drain", swarm.id("n3"))
    swarm.serve("aside", "--replicas", "2", "--update-order", "start-first", "--mount", f"type=bind,src={here},dst=/x")
    swarm.serve("old-first", "--replicas", "3")
    here.rename(swarm.folder / "away")
    for name in ("n2", "n3"):
        swarm.docker("n1", "node", "update", "--availability", "active", swarm.id(name))
    failed = swarm.dockworthy("rebalance", "--yes")
    told = " ".join(failed.stderr.split())
    assert failed.returncode != 0 and "bind source path does not exist" in told, told
    assert "nothing was taken away, 2 go on" in told and "not begun: old-first" in told, told
    assert where(swarm, "aside")[0] == 2 and where(swarm, "old-first") == [3, 0, 0]
    assert replicas(swarm, "aside") == (3, {BEFORE: "2"})

    (swarm.folder / "away").rename(here)
    until(lambda: len(swarm.running("aside")) == 3, "the swarm has tried again")
    done = swarm.dockworthy("rebalance", "--yes")
    assert done.returncode == 0, done.stderr
    assert replicas(swarm, "aside") == (2, {}) and max(where(swarm, "aside")) == 1
    assert where(swarm, "old-first") == [1, 1, 1]
    for each in ("aside", "old-first"):
        swarm.docker("n1", "service", "rm", each)
    assert swarm.dockworthy("rebalance", "nobody", "--yes").returncode == 2
