"""What goes wrong: the old release serves on, and the message says what to do."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable

import pytest

from patience import Limit, patience

from .shops import Shop

Factory = pytest.TempPathFactory

pytestmark = pytest.mark.engine

NEVER = {"test": ["CMD", "sleep", "900"], "interval": "1s", "timeout": "15m"}
"""No container is healthy."""


def until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    limit = Limit(seconds)
    while not true():
        assert limit.left > 0, "it did not come to that"
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("order", "broken", "says"),
    [
        ("start-first", {"command": ["sh", "-c", "echo no database; exit 3"]}, "ended with status 3"),
        ("stop-first", {"command": ["sh", "-c", "echo no database; exit 3"]}, "ended with status 3"),
        ("stop-first", {"healthcheck": {"test": ["CMD", "false"], "interval": "200ms", "retries": 2}}, "is unhealthy"),
        (
            "start-first",
            {"healthcheck": {"test": ["CMD", "sleep", "900"], "interval": "200ms", "timeout": "15m"}},
            "was not healthy after",
        ),
        ("start-first", {"command": ["/nowhere"], "init": False}, "/nowhere"),
        ("stop-first", {"command": ["sh", "-c", "exit 1"], "restart": "always"}, "again and again"),
    ],
)
def test_what_does_not_come_up_is_taken_back(shop: Shop, order: str, broken: dict[str, object], says: str) -> None:
    ordered = {"update_config": {"order": order}}
    shop.compose({"web": shop.service(deploy=ordered)})
    shop.deploy()
    before = shop.containers(every=True)
    shop.compose({"web": {**shop.service(deploy=ordered), **broken}})
    if "was not healthy" in says:
        settings = {"healthy_within": "2s", "observe": "0s"}
        shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": settings})
    done = shop.deploy(status=18)
    told = " ".join(done.stdout.split())
    assert says in told and "what ran before runs again" in told
    assert shop.containers() == before == shop.containers(every=True), "the old one runs, nothing is left over"
    assert [each["state"] for each in shop.releases()] == ["kept", "rolled_back"]


def test_where_nothing_ran_nothing_is_said_to_run_again(shop: Shop) -> None:
    shop.compose({"web": {**shop.service(), "command": ["sh", "-c", "exit 3"]}})
    told = " ".join(shop.deploy(status=18).stdout.split())
    assert "nothing of it runs, as before" in told and "what ran before" not in told
    assert not shop.containers(every=True)


def test_a_later_service_takes_the_earlier_ones_back_with_it(shop: Shop) -> None:
    shop.compose({"api": shop.service(), "web": shop.service(depends_on=["api"])})
    shop.deploy()
    before = shop.containers()
    new = {"environment": {"NEW": "1"}}
    shop.compose({"api": shop.service(**new), "web": {**shop.service(depends_on=["api"]), "command": ["false"]}})
    done = shop.deploy(status=18)
    assert "api: back to the old containers" in done.stderr
    assert shop.containers() == before == shop.containers(every=True)


def test_a_job_that_fails_stops_the_release_before_anything_is_replaced(shop: Shop) -> None:
    shop.write(
        "dockworthy.yaml",
        {"policy": {"level": "baseline"}, "deploy": {"observe": "0s", "jobs": {"before": ["migrate"]}}},
    )
    migrate = {**shop.service("sh", "-c", "echo migrated"), "profiles": ["jobs"]}
    shop.compose({"web": shop.service(), "migrate": migrate})
    assert "migrate: migrated" in shop.deploy().stderr
    before = shop.containers()
    broken = {**migrate, "command": ["sh", "-c", "echo no such table; exit 4"]}
    shop.compose({"web": shop.service(environment={"A": "1"}), "migrate": broken})
    done = shop.deploy(status=18)
    assert "the job migrate ended with status 4" in done.stdout and "no such table" in done.stderr
    assert shop.containers() == before


def test_a_job_that_ran_is_told_of_the_release_that_was_rolled_back_and_before_a_rollback(shop: Shop) -> None:
    jobs = {"before": ["migrate"]}
    shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": {"observe": "0s", "jobs": jobs}})
    migrate = {**shop.service("true"), "profiles": ["jobs"]}
    shop.compose({"web": shop.service(), "migrate": migrate})
    assert "migrate ran" in shop.deploy().stdout
    shop.compose({"web": {**shop.service(), "command": ["false"]}, "migrate": migrate})
    assert "migrate ran: what it changed in the data stays" in " ".join(shop.deploy(status=18).stdout.split())
    assert [each["jobs"] for each in shop.releases()] == [[{"job": "migrate", "outcome": "ran"}]] * 2
    status = json.loads(shop.dockworthy("releases", "status", "--format", "json").stdout)
    assert status["jobs"] == [{"job": "migrate", "release": 2, "state": "rolled_back", "outcome": "ran"}]
    shop.compose({"web": shop.service(environment={"A": "1"}), "migrate": {**migrate, "command": ["false"]}})
    shop.deploy(status=18)
    plan = " ".join(shop.dockworthy("rollback", "1", "--dry-run").stdout.split())
    assert "since release 1 the job migrate ran in release 2 (rolled back)" in plan
    assert "and the job migrate failed in release 3 (rolled back)" in plan


def test_an_irreversible_job_forbids_the_way_back_and_says_so(shop: Shop) -> None:
    jobs = {"before": ["migrate"], "irreversible": True}
    shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": {"observe": "0s", "jobs": jobs}})
    migrate = {**shop.service("true"), "profiles": ["jobs"]}
    shop.compose({"web": shop.service(), "migrate": migrate})
    shop.deploy()
    shop.compose({"web": {**shop.service(), "command": ["false"]}, "migrate": migrate})
    done = shop.deploy(status=19)
    assert "not taken back, because its job can't be" in " ".join(done.stdout.split())


def test_bad_input_is_refused_and_nothing_is_changed(shop: Shop) -> None:
    shop.compose({"web": shop.service()})
    shop.deploy()
    before, records = shop.containers(every=True), shop.releases()
    shop.compose({"web": {**shop.service(), "image": "dockworthy-test-nowhere:1", "build": "."}})
    assert "docker compose build web" in shop.deploy(status=2).stderr
    shop.compose({"web": {**shop.service(), "privileged": True}})
    refused = shop.deploy(status=1).stdout
    assert "workload/privileged" in refused and "nothing was changed" in refused
    shop.compose({"web": {**shop.service(), "healthcheck": {"disable": True}}})
    assert "neither a health check nor a route" in " ".join(shop.deploy(status=1).stdout.split())
    (shop.folder / "compose.yaml").write_text("services: {web: [\n")
    assert "compose.yaml" in shop.deploy(status=2).stderr
    shop.compose({"web": shop.service(secrets=["gone"])}, secrets={"gone": {"file": "./gone"}})
    assert "gone" in shop.deploy(status=2).stderr
    shop.compose({"web": shop.service()})
    assert "there is no service 'shop'" in shop.deploy("shop", status=2).stderr
    assert "no service has a route" in shop.deploy("--standby", "10m", status=2).stderr
    assert "there is no environment 'moon'" in shop.deploy("--env", "moon", status=2).stderr
    assert (shop.containers(every=True), shop.releases()) == (before, records)


def test_an_empty_volume_beside_an_old_one_is_asked_about(shop: Shop) -> None:
    old = f"{shop.name}-before_data"
    shop.engine.docker("volume", "create", "--label", "com.docker.compose.project=" + shop.name, old)
    shop.compose({"web": shop.service()})
    shop.deploy()
    shop.compose({"web": shop.service(), "db": shop.service(volumes=["data:/data"])}, volumes={"data": {}})
    asked = shop.deploy(status=1)
    assert "--accept data:empty" in " ".join(asked.stdout.split()) and shop.containers("db") == {}
    shop.deploy("--accept", "data:empty")
    assert len(shop.containers("db")) == 1


def test_who_comes_second_is_told_who_is_at_work(shop: Shop) -> None:
    shop.compose({"web": shop.service()})
    shop.deploy()
    shop.waits_for_health()
    shop.compose({"web": {**shop.service(), "healthcheck": NEVER}})
    first = shop.begin("deploy", "--yes")
    try:
        until(lambda: len(shop.containers("web")) == 2)
        done = shop.deploy(status=17)
        assert f"process {first.pid}: deploy" in " ".join(done.stderr.split())
    finally:
        first.send_signal(signal.SIGINT)
        first.communicate(timeout=patience(30))
    assert len(shop.containers("web", every=True)) == 1, "interrupted, it was taken back"
    assert json.loads(shop.dockworthy("releases", "show", "2", "--format", "json").stdout)["state"] == "rolled_back"


@pytest.mark.parametrize("waits", ["start-first", "stop-first", "job"])
def test_who_lost_the_project_in_a_long_step_ends_and_touches_nothing_any_more(shop: Shop, waits: str) -> None:
    """It is asked in the middle of the step, not after it: that may last as long as a service may take to come up."""
    settings = {"healthy_within": "100s", "observe": "0s", "jobs": {"before": ["migrate"] if waits == "job" else []}}
    shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": settings})
    ordered = {"update_config": {"order": waits}} if waits != "job" else {}
    sick = {"healthcheck": {"test": ["CMD", "sleep", "90"], "interval": "1s", "timeout": "90s"}}
    migrate = {"migrate": {**shop.service("sleep", "90", init=False), "profiles": ["jobs"]}}
    shop.compose({"web": shop.service(deploy=ordered), "migrate": {**shop.service("true"), "profiles": ["jobs"]}})
    shop.deploy()
    web = shop.service(deploy=ordered, environment={"N": "1"})
    shop.compose({"web": {**web, **sick} if waits != "job" else web, **migrate})
    first = shop.begin("deploy", "--yes")
    begun = "migrate" if waits == "job" else "web"
    until(lambda: any("N=1" in shop.engine.inspect(each)["Config"]["Env"] for each in shop.containers("web"))
          if begun == "web" else bool(shop.containers("migrate")), 60)  # fmt: skip
    shop.compose({"web": shop.service(deploy=ordered, environment={"N": "2"})})
    settings = {"healthy_within": "100s", "observe": "0s"}
    shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": settings})
    second = shop.begin("deploy", "--yes", "--take-over")
    said, _ = first.communicate(timeout=patience(60))
    assert first.returncode == 17 and b"another one took over" in said, said
    assert b"rolling back" not in said and b"started again" not in said
    said, _ = second.communicate(timeout=patience(100))
    assert second.returncode == 0, said
    ((name, _),) = shop.containers("web", every=True).items()
    assert "N=2" in shop.engine.inspect(name)["Config"]["Env"]
    for each in shop.containers("migrate", every=True):
        shop.engine.docker("rm", "--force", each)


def test_a_paused_container_goes_on_with_the_next_deploy(shop: Shop) -> None:
    shop.compose({"web": shop.service()})
    shop.deploy()
    ((name, id),) = shop.containers("web").items()
    shop.engine.docker("pause", name)
    assert shop.dockworthy("releases", "status").returncode == 1
    plan = shop.deploy("--dry-run").stdout
    assert "let web go on" in plan and f"{name} is paused" in plan
    shop.deploy()
    assert shop.containers("web") == {name: id} and shop.dockworthy("releases", "status").returncode == 0


@pytest.mark.parametrize("order", ["start-first", "stop-first"])
def test_killed_in_the_middle_the_service_goes_on_and_the_next_run_finishes(shop: Shop, order: str) -> None:
    ordered = {"update_config": {"order": order}}
    shop.compose({"web": shop.service(deploy=ordered)})
    shop.deploy()
    for number, pause in enumerate((0.0, 0.1, 0.3)):
        shop.compose({"web": shop.service(deploy=ordered, environment={"N": str(number)})})
        process = shop.begin("deploy", "--yes")
        until(lambda: len(shop.containers("web", every=True)) > 1)
        time.sleep(pause)  # a moment of the roll-out, another one each time
        process.kill()
        process.communicate(timeout=patience(30))
        until(lambda: bool(shop.containers("web")))
        shop.deploy()
        (name,) = shop.containers(every=True)
        assert f"N={number}" in shop.engine.inspect(name)["Config"]["Env"]
    assert not list((shop.state / "releases" / shop.name).glob("swap.*"))


def test_an_environment_has_data_of_its_own_and_so_has_another_project(shop: Shop, tmp_path_factory: Factory) -> None:
    """Nobody is asked about production's volume, and least of all told to mount it in staging."""
    there = Shop(shop.engine, shop.folder, f"{shop.name}-staging", shop.image)
    deploying = {"healthy_within": "8s", "observe": "0s"}
    staging = {"staging": {"project": f"{shop.name}-staging"}}
    settings = {"policy": {"level": "baseline"}, "deploy": {**deploying, "environments": staging}}
    shop.write("dockworthy.yaml", settings)
    shop.compose({"db": shop.service(volumes=["data:/data"])}, volumes={"data": {}})
    other = Shop(shop.engine, tmp_path_factory.mktemp("other"), f"{shop.name}-other", shop.image)
    other.compose({"db": other.service(volumes=["data:/data"])}, volumes={"data": {}})
    try:
        shop.deploy()
        assert "stop" not in shop.deploy("--env", "staging").stdout
        assert len(there.containers("db")) == 1
        other.deploy()
        assert len(other.containers("db")) == 1
        assert shop.dockworthy("remove", "--env", "staging", "--volumes", "--yes").returncode == 0
        assert there.containers(every=True) == {} and len(shop.containers()) == 1
        shop.compose({"db": shop.service(volumes=["more:/data"])}, volumes={"more": {}})
        assert "--accept more:empty" in " ".join(shop.deploy(status=1).stdout.split()), (
            "its own data is still asked about"
        )
    finally:
        other.remove()
        there.remove()
