"""While the engine restarts containers run on, and clients on the host get no answer: that is said, and measured."""

from __future__ import annotations

import re
import subprocess
import sys
import time

import pytest

from dockworthy.harden.unanswered import gaps_in, in_words
from machines.engines import clean_environment
from machines.own_host import OwnHost
from patience import patience

from .conftest import two_containers

_ASKS = """
import select, socket, sys
failed = 0
print("asking", flush=True)
while not select.select([sys.stdin], [], [], 0.02)[0]:
    try:
        with socket.create_connection(("127.0.0.1", 8080), 1) as client:
            client.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
            failed += not client.recv(100)
    except OSError:
        failed += 1
print(failed)
"""


def test_gaps_by_what_the_host_noted() -> None:
    noted = "10.00 1F90 0050 \n10.10 0050 \n10.40 1F90 0050 \n10.50 1F90 \n10.60 1F90 \nnonsense\n"
    ports = {8080: "web", 80: "shop", 443: "never"}
    assert gaps_in(noted, ports) == {8080: pytest.approx(0.3), 80: None}
    told = list(in_words(gaps_in(noted, ports), ports))
    assert told[1] == "measured: 8080 (web): for 0.3 s clients on this host got no answer"
    assert "80 (shop): no docker-proxy listens there any more" in told[0]
    assert list(in_words({}, ports)) == ["measured: somebody listened at every published port all the time"]


@pytest.mark.engine
@pytest.mark.timeout(240)
def test_who_gets_no_answer_is_said_and_measured(host: OwnHost) -> None:
    host.start_engine({"live-restore": True})
    running = two_containers(host)
    plan = " ".join(host.dockworthy("harden", "--only", "engine/no-new-privileges").stdout.split())
    assert "web, worker go on running" in plan
    assert "do not find each other by name" in plan and "at 8080 (web) clients on this host" in plan, plan
    asks = subprocess.Popen(
        [*host.inside, sys.executable, "-c", _ASKS],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=clean_environment(),
    )  # fmt: skip
    try:
        assert asks.stdout is not None and asks.stdout.readline() == "asking\n"
        began = time.monotonic()
        done = host.dockworthy("harden", "--apply", "--yes", "--only", "engine/no-new-privileges")
        took = time.monotonic() - began
    finally:
        failed = int(asks.communicate(timeout=patience(30))[0])
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"measured: 8080 \(web\): for (\d+\.\d) s clients on this host got no answer", done.stderr)
    assert found is not None, done.stderr
    assert 0 < float(found[1]) < took and failed > 0
    assert host.running() == running
