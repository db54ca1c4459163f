"""The guard is killed in the middle of 1,000 requests: none that it would have refused is done meanwhile."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from dockworthy.drills.guard import attacks
from dockworthy.drills.guard.asking import ask
from guard.guarded import Guarded, start_guard, start_guarded
from machines.images import BUSYBOX
from machines.own_host import start_host
from patience import patience

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

REQUESTS, AT_ONCE = 1000, 20


@pytest.fixture
def guarded(engines_folder: Path) -> Iterator[Guarded]:
    host = start_host(engines_folder / "guard-killed")
    try:
        yield start_guarded(host)
    finally:
        host.stop()


def test_nothing_is_allowed_while_the_guard_is_dead(guarded: Guarded) -> None:
    first = guarded.host.inside[1].partition("=")[2]
    path = f"/proc/{first}/root/run/docker.sock"
    trials = [
        trial
        for trial in attacks()
        if trial.kind == "privileges" and trial.target.endswith("/containers/create") and not trial.of
    ]
    statuses: Counter[int] = Counter()
    counted = threading.Condition()

    def attack(number: int) -> None:
        for turn in range(REQUESTS // AT_ONCE):
            trial = trials[(number + turn) % len(trials)]
            status = ask(path, trial, {"image": BUSYBOX}).status
            with counted:
                statuses[status] += 1
                counted.notify_all()

    threads = [threading.Thread(target=attack, args=(number,)) for number in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    with counted:
        assert counted.wait_for(lambda: statuses.total() > REQUESTS // 4, patience(60))
    kill(guarded)
    dead_at = statuses.total()
    begun = time.monotonic()
    start_guard(guarded.host)
    guarded.docker("version")
    back = time.monotonic() - begun
    for thread in threads:
        thread.join(patience(120))
    assert dead_at < REQUESTS, "it was to be killed in the middle"
    assert statuses.total() == REQUESTS and set(statuses) <= {403, 500}, statuses
    assert guarded.docker("ps", "-aq").stdout == b""
    assert back < patience(20), "an engine tries a dead plugin again for 15 s at most"
    guarded.docker("create", "--name", "after", BUSYBOX, "true")


def test_without_a_guard_everything_is_refused(guarded: Guarded) -> None:
    kill(guarded)
    assert guarded.ask("GET", "/_ping").status == 500


def kill(guarded: Guarded) -> None:
    """`nsenter` started it as its child."""
    pid = guarded.guard.pid
    child = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0]
    os.kill(int(child), signal.SIGKILL)
    guarded.guard.wait(patience(30))
