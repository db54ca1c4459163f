"""What is left over, and what only looks like it: nothing that may still be needed is called unused."""

from __future__ import annotations

from typing import Any

import pytest
from asked import judgements, outcome, outcomes, silent

NAMELESS = {"RepoTags": [], "RepoDigests": []}
VOLUME = {"Name": "data", "Driver": "local"}
NETWORK = {"Name": "shop", "Driver": "bridge", "Scope": "local"}


def engine(**facts: Any) -> dict[str, Any]:
    return {"engine": facts}


@pytest.mark.parametrize(
    ("control", "left"),
    [
        ("machine/dangling-images", {"images": [NAMELESS]}),
        ("machine/unused-volumes", {"volumes": [VOLUME]}),
        ("machine/unused-networks", {"networks": [NETWORK]}),
    ],
)
def test_nothing_is_unused_while_a_container_is_unseen(control: str, left: dict[str, Any]) -> None:
    assert outcomes(control, engine(**left)) == ["fail"]
    assert outcomes(control, engine(**left, containers=silent())) == ["unknown"]
    one_unseen = [{"id": "c1", "name": "web", "inspect": silent("it was removed meanwhile")}]
    assert outcomes(control, engine(**left, containers=one_unseen)) == ["unknown"]
    assert outcomes(control, engine(**left, info=silent())) == ["unknown"]


def test_a_stopped_container_still_needs_what_it_uses() -> None:
    stopped = {
        "State": {"Running": False, "Status": "exited"},
        "Mounts": [{"Type": "volume", "Name": "data", "Destination": "/x"}],
        "NetworkSettings": {"Networks": {"shop": {}}},
    }
    facts = engine(
        containers=[{"name": "web", "inspect": stopped}], volumes=[VOLUME], networks=[NETWORK], images=[NAMELESS]
    )
    for control in ("machine/dangling-images", "machine/unused-volumes", "machine/unused-networks"):
        assert outcome(control, facts) == "pass"


def test_an_image_with_a_digest_or_a_tag_has_a_name() -> None:
    named = [{"RepoTags": [], "RepoDigests": ["shop@sha256:b2"]}, {"Id": "sha256:c3", "RepoTags": ["old:1"]}]
    assert outcome("machine/dangling-images", engine(images=named)) == "pass"


def test_a_nameless_image_that_could_not_be_inspected_is_unknown() -> None:
    assert outcome("machine/dangling-images", engine(images=[{"id": "sha256:a1", "inspect": silent()}])) == "unknown"


def test_the_engines_own_networks_and_those_of_a_swarm_are_no_leftovers() -> None:
    own = [{"Name": name, "Driver": "bridge", "Scope": "local"} for name in ("bridge", "docker_gwbridge")]
    own += [
        {"Name": "ingress", "Driver": "overlay", "Scope": "swarm"},
        {"Name": "app", "Driver": "overlay", "Scope": "swarm"},
    ]
    assert outcome("machine/unused-networks", engine(networks=own)) == "pass"


def test_a_volume_without_a_name_has_another_remedy_than_one_with_data() -> None:
    anonymous = {"Name": "e" * 64, "Driver": "local"}
    nameless, named = judgements("machine/unused-volumes", engine(volumes=[anonymous, VOLUME]))
    assert "prune" in nameless.remedy and not named.remedy
    assert "precious" in named.evidence[0].says


def test_a_volume_of_another_driver_may_be_in_use_elsewhere() -> None:
    assert outcome("machine/unused-volumes", engine(volumes=[VOLUME | {"Driver": "rexray"}])) == "pass"


GIGABYTE = 1_000_000_000


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"Images": [{"Containers": 0, "Size": 30 * GIGABYTE, "SharedSize": 0}]}, "fail"),
        ({"Images": [{"Containers": 1, "Size": 30 * GIGABYTE, "SharedSize": 0}]}, "pass"),
        ({"Images": [{"Containers": -1, "Size": 30 * GIGABYTE, "SharedSize": 0}]}, "pass"),
        ({"Images": [{"Containers": 0, "Size": 30 * GIGABYTE, "SharedSize": 29 * GIGABYTE}]}, "pass"),
        ({"BuildCache": [{"Size": 30 * GIGABYTE, "InUse": True}, {"Size": 30 * GIGABYTE, "Shared": True}]}, "pass"),
        ({"Containers": [{"State": "exited", "SizeRw": 30 * GIGABYTE}]}, "fail"),
        ({"Containers": [{"State": "running", "SizeRw": 30 * GIGABYTE}]}, "pass"),
        ({"BuildCacheUsage": {"Reclaimable": 30 * GIGABYTE}}, "fail"),
        ({"ImageUsage": {"Reclaimable": 5 * GIGABYTE, "TotalSize": 90 * GIGABYTE}}, "pass"),
        ({"Volumes": [{"UsageData": {"Size": 90 * GIGABYTE, "RefCount": 0}}]}, "pass"),
        ({"Images": "many", "BuildCache": [None, 3], "Containers": [{"SizeRw": "x"}]}, "pass"),
    ],
)
def test_what_could_be_cleaned_up(usage: dict[str, Any], expected: str) -> None:
    facts = engine(disk_usage={"is": "set", "value": usage, "source": {"where": "GET /system/df"}})
    room = {"host": {"storage": {"size": 100 * GIGABYTE, "free": 60 * GIGABYTE}}}
    assert outcome("machine/reclaimable-space", facts, room) == expected
