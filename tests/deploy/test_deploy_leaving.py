"""Old containers that were told to stop run on for a while, as far as the engine tells: nobody may rely on them."""

from __future__ import annotations

import signal
import time

import pytest

from patience import patience, within

from .shops import Shop
from .test_deploy_faults import until

pytestmark = pytest.mark.engine

_FINISHES = "trap 'sleep 4; exit' TERM; while :; do sleep 0.1; done"


@pytest.mark.parametrize("ended", [signal.SIGKILL, signal.SIGINT])
def test_a_deploy_that_ends_while_old_containers_stop_goes_back_to_them_when_they_have(
    shop: Shop, ended: signal.Signals
) -> None:
    service = shop.service("sh", "-c", _FINISHES, init=False, stop_grace_period="20s")
    shop.compose({"web": service})
    shop.deploy()
    ((old, id),) = shop.containers().items()
    shop.compose({"web": {**service, "environment": {"N": "1"}}})
    began = str(int(time.time()))
    process = shop.begin("deploy", "--yes")
    until(lambda: f"{old}-dockworthy-leaving" in shop.containers())
    process.send_signal(ended)
    process.communicate(timeout=patience(60))
    if ended == signal.SIGKILL:
        assert shop.dockworthy("rollback", "1", "--yes").returncode == 0
    events = ("--since", began, "--until", str(1 + int(time.time())), "--filter", f"container={id}")
    died = shop.engine.docker("events", *events, "--filter", "event=die").stdout
    assert died.count(b"container die") == 1, "it had ended before it was relied on"
    ((name, serves),) = shop.containers(every=True).items()
    assert "N=1" not in shop.engine.inspect(serves)["Config"]["Env"] and name in shop.containers()
    if ended == signal.SIGINT:
        assert (name, serves) == (old, id), "it was started again, under its name"


def test_interrupted_before_its_first_step_a_release_is_taken_back_in_the_records(shop: Shop) -> None:
    """While what it mounts is stored: nothing else was changed, and the way back is that of the release in force."""
    shop.compose({"web": shop.service()})
    shop.deploy()
    before = shop.containers(every=True)
    names = [f"c{number}" for number in range(60)]
    shop.compose({"web": shop.service(configs=names)}, configs={name: {"content": name} for name in names})
    process = shop.begin("deploy", "--yes")
    until(lambda: (shop.state / "releases" / shop.name / "2.json").exists())
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=patience(30))
    assert process.returncode == 130, said
    assert [each["state"] for each in shop.releases()] == ["kept", "rolled_back"]
    assert shop.containers(every=True) == before
    assert "release 1 is the first one" in shop.dockworthy("rollback", "--yes").stderr


def test_what_a_killed_deploy_had_replaced_is_gone_back_to_when_the_next_one_fails(shop: Shop) -> None:
    """The next one finishes it, as is asked, and only its observation tells what the new one is worth."""
    deploying = {"healthy_within": within(20), "observe": "30s"}
    shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": {**deploying, "observe": "0s"}})
    shop.compose({"web": shop.service()})
    shop.deploy()
    before = shop.containers(every=True)
    shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": deploying})
    shop.compose({"web": shop.service(environment={"N": "1"})})
    process = shop.begin("deploy", "--yes")
    until(lambda: _is_observed(shop, 2))
    process.kill()
    process.communicate(timeout=patience(30))

    process = shop.begin("deploy", "--yes")
    until(lambda: _is_observed(shop, 3))
    (new,) = shop.containers()
    shop.engine.docker("kill", new)
    said, _ = process.communicate(timeout=patience(60))
    assert process.returncode == 18, said
    assert shop.containers() == before == shop.containers(every=True)
    assert [each["state"] for each in shop.releases()] == ["kept", "failed", "rolled_back"]


def _is_observed(shop: Shop, number: int) -> bool:
    record = shop.state / "releases" / shop.name / f"{number}.json"
    return record.exists() and '"state":"observing"' in record.read_text()
