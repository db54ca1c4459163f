"""What `check` says of a file's priorities and security options the guard says of a request."""

from __future__ import annotations

from typing import Any

import pytest

from guard.test_judging import ask
from guard.worlds import LOOKED_AT

REALTIME, WEIGHT = {"Name": "rtprio", "Soft": 0, "Hard": 99}, {"Name": "nice", "Soft": 30, "Hard": 30}


def service(ulimit: dict[str, Any]) -> tuple[str, Any]:
    return "POST /services/create", {"TaskTemplate": {"ContainerSpec": {"Image": LOOKED_AT, "Ulimits": [ulimit]}}}


def create(host: dict[str, Any]) -> tuple[str, Any]:
    return "POST /containers/create", {"Image": "x", "HostConfig": host}


@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        (create({"Ulimits": [REALTIME]}), "workload/priority"),
        (create({"Ulimits": [{**REALTIME, "Hard": -1}]}), "workload/priority"),
        (create({"Ulimits": [WEIGHT]}), "workload/priority"),
        (service(REALTIME), "workload/priority"),
        *(
            (make, "workload/priority")
            for name in ("RTPRIO", "RtPrio", "rtprıo", "NICE", "nıce")
            for make in (create({"Ulimits": [{**WEIGHT, "Name": name}]}), service({**WEIGHT, "Name": name}))
        ),
        (create({"Ulimits": [REALTIME, {**REALTIME, "Hard": 0}]}), "workload/priority"),
        (create({"Ulimits": [{**REALTIME, "Name": "RTPRIO"}, {**REALTIME, "Hard": 0}]}), "workload/priority"),
        (create({"Ulimits": [{**REALTIME, "Hard": -2}]}), "workload/priority"),
        (create({"SecurityOpt": ["credentialspec=file://x.json"]}), "workload/security-options"),
        (create({"SecurityOpt": ["frobnicate"]}), "workload/security-options"),
    ],
)
async def test_what_the_controls_of_files_refuse(asked: tuple[str, Any], rule: str) -> None:
    decision = await ask(*asked)
    assert rule in {refusal.rule for refusal in decision.refusals}, decision.message()


@pytest.mark.parametrize(
    "asked",
    [
        create({"Ulimits": [{"Name": "nofile", "Soft": 1024, "Hard": 65536}, {"Name": "nice", "Soft": 0, "Hard": 20}]}),
        create({"SecurityOpt": ["no-new-privileges", "label=level:s0:c1,c2"]}),
        service({"Name": "nofile", "Soft": 1024, "Hard": 65536}),
    ],
)
async def test_what_programs_ask_for(asked: tuple[str, Any]) -> None:
    decision = await ask(*asked)
    assert decision.allowed, decision.message()


async def test_a_container_that_is_joined_is_looked_up_here() -> None:
    """A file does not say what a container of another project is; the engine does."""
    decision = await ask(*create({"PidMode": "container:other"}))
    assert decision.allowed, decision.message()
