"""^C while something is taken back: it goes back whole, whatever it was that failed."""

from __future__ import annotations

import asyncio
import signal

import pytest

from dockworthy.interruption import to_its_end
from patience import patience

from .shops import Shop
from .test_deploy_faults import until

_STUBBORN = "trap 'sleep 3; exit' TERM; while :; do sleep 0.1; done"


@pytest.mark.engine
def test_interrupted_while_a_failed_step_is_taken_back_the_old_ones_run_again(shop: Shop) -> None:
    old = shop.service()
    shop.compose({"api": old, "web": shop.service(depends_on=["api"])})
    shop.deploy()
    before = shop.containers()
    slow = shop.service("sh", "-c", _STUBBORN, init=False, stop_grace_period="20s")
    shop.compose({"api": slow, "web": {**shop.service(depends_on=["api"]), "command": ["false"]}})
    process = shop.begin("deploy", "--yes")
    until(lambda: any(name.endswith("-dockworthy-leaving") for name in shop.containers("api")), 60)  # the old api
    until(lambda: shop.releases()[-1]["state"] == "rolling_back", 60)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=patience(60))
    assert process.returncode == 130, said
    assert [each["state"] for each in shop.releases()] == ["kept", "rolled_back"]
    assert shop.containers() == before == shop.containers(every=True)


async def test_who_is_cancelled_waits_for_what_it_takes_back() -> None:
    gone, done = asyncio.Event(), []

    async def back() -> str:
        await gone.wait()
        done.append("back")
        return "well"

    async def failed() -> str:
        try:
            raise ValueError
        except ValueError:
            return await to_its_end(back())

    task = asyncio.ensure_future(failed())
    for _ in range(3):  # however often
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.sleep(0)
    assert not task.done() and not done
    gone.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == ["back"]


async def test_what_it_says_and_how_it_fails_is_passed_on() -> None:
    async def well() -> int:
        return 7

    async def ill() -> int:
        raise KeyError("x")

    assert await to_its_end(well()) == 7
    with pytest.raises(KeyError):
        await to_its_end(ill())
