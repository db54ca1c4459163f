"""Real containers: a service that answers strangers, a client that the next engine refuses, a tight limit."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from conftest import MakeContainer, Run
from machines.engines import OwnEngine

pytestmark = pytest.mark.engine

Findings = Callable[[str], list[dict[str, Any]]]
PORT = 16379


@pytest.fixture
def findings(run_at_engine: Run) -> Findings:
    """Findings of one control on the machine as it is now."""

    def of(control: str) -> list[dict[str, Any]]:
        result = json.loads(run_at_engine("assess", "--format", "json").stdout)
        return [finding for finding in result["findings"] if finding["control"] == control]

    return of


def answering(text: str) -> tuple[str, ...]:
    """A server that answers everybody's first line with this."""
    return ("nc", "-ll", "-p", "6379", "-e", "sh", "-c", f"read line; echo '{text}'")


@pytest.mark.parametrize(("text", "outcome"), [("+PONG", "fail"), ("-NOAUTH Authentication required.", "pass")])
def test_a_published_redis(
    text: str, outcome: str, container: MakeContainer, findings: Findings, own_engine: OwnEngine
) -> None:
    name = container("-p", f"0.0.0.0:{PORT}:6379", command=answering(text))
    (finding,) = [each for each in findings("machine/open-services") if str(PORT) in each["subject"]]
    assert finding["outcome"] == outcome, finding
    assert name in finding["evidence"]["says"]
    assert text.split()[0] in finding["evidence"]["says"]


def test_a_redis_on_loopback_is_nobodys_concern(container: MakeContainer, findings: Findings) -> None:
    container("-p", f"127.0.0.1:{PORT}:6379", command=answering("+PONG"))
    assert [each for each in findings("machine/open-services") if str(PORT) in each["subject"]] == []


@pytest.fixture
def old_proxy(own_engine: OwnEngine, busybox_image: str) -> Iterator[str]:
    """An image that calls itself a Traefik of before engine 29."""
    name = "traefik:v3.5.0"
    own_engine.docker("tag", busybox_image, name)
    yield name
    own_engine.docker("rmi", name)


def test_a_client_that_the_next_engine_refuses(
    old_proxy: str, container: MakeContainer, own_engine: OwnEngine, findings: Findings
) -> None:
    socket = own_engine.endpoint.removeprefix("unix://")
    name = container("-v", f"{socket}:/var/run/docker.sock:ro", image=old_proxy, command=("sleep", "60"))
    (finding,) = [each for each in findings("machine/next-engine") if each["subject"] == f"container/{name}"]
    assert finding["outcome"] == "fail"
    assert "Traefik 3.5.0" in finding["evidence"]["says"]
    (mount,) = [each for each in findings("workload/engine-socket") if each["subject"] == f"container/{name}"]
    assert "read-only is no hindrance" in mount["evidence"]["says"]


def test_a_container_at_its_limit(container: MakeContainer, findings: Findings) -> None:
    """Ten processes of eleven that it may have."""
    name = container("--pids-limit", "11", command=("sh", "-c", "for n in 1 2 3 4 5 6 7 8 9; do sleep 60 & done; wait"))
    (finding,) = [each for each in findings("workload/limits-fit") if each["subject"] == f"container/{name}"]
    assert finding["outcome"] == "fail", finding
    assert "of 11 processes" in finding["evidence"]["says"]
