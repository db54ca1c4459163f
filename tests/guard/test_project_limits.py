"""What a role that is limited to projects reaches of others' images, names and labels, without an engine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pytest

from dockworthy.guard.decision import Refusal
from dockworthy.guard.rights.affected_objects import image_found
from dockworthy.guard.rights.deciding import Allowed
from dockworthy.guard.rights.projects import project_of, project_of_service
from dockworthy.model.guard_policy import Role
from guard.test_showing import names, seen
from guard.test_socket_rights import LABEL, MINE, OF_SHOP, asks, bound

STACK = "com.docker.stack.namespace"
VIEWER, DEPLOYER, OPERATOR = (bound(role, "shop") for role in (Role.VIEWER, Role.DEPLOYER, Role.OPERATOR))
DIGEST = "x@sha256:" + "0" * 64
IMAGES = [
    {"Id": "pulled", "RepoTags": ["pulled:1"], "RepoDigests": [DIGEST], "Labels": {LABEL: "bank"}},
    {"Id": "mine", "RepoTags": ["shop-web:1"], "RepoDigests": [], "Labels": {LABEL: "shop"}},
    {"Id": "nobodys", "RepoTags": ["tool:1"], "RepoDigests": None, "Labels": None},
    {"Id": "theirs", "RepoTags": ["committed:1"], "RepoDigests": [], "Labels": {LABEL: "bank"}},
    {"Id": "stack", "RepoTags": [], "RepoDigests": ["<none>@<none>"], "Labels": {STACK: "bank"}},
    {"Id": "both", "RepoTags": ["both:1"], "RepoDigests": [], "Labels": {LABEL: "shop", STACK: "bank"}},
]


@pytest.mark.parametrize("line", ["GET /images/{}/json", "GET /v1.45/images/{}/history", "GET /images/get?names={}",
                                  "GET /images/{}/get", "DELETE /images/{}"])  # fmt: skip
async def test_an_image_that_was_made_of_another_project_is_not_looked_at(line: str) -> None:
    for held in ((VIEWER,), (OPERATOR,), OF_SHOP, (bound(Role.DEPLOYER, "shop", images=("*",)), OPERATOR)):
        answer = await asks(line.format("bank-saved"), *held)
        assert isinstance(answer, Refusal), held
        assert "bank-saved is of project bank" in answer.says or not answer.says.startswith("user x is operator of"), (
            line
        )


async def test_images_of_nobody_are_looked_at_as_ever_and_their_environments_where_they_are_public() -> None:
    for image, sees in (("pulled", True), ("shop-made", True), ("made-here", False)):
        answer = await asks(f"GET /images/{image}/json", OPERATOR)
        assert isinstance(answer, Allowed) and answer.sees_secrets is sees, image
        answer = await asks(f"GET /images/{image}/history", VIEWER)
        assert isinstance(answer, Allowed) and not answer.sees_secrets
    everywhere = await asks("GET /images/bank-saved/json", bound(Role.OPERATOR))
    assert isinstance(everywhere, Allowed) and everywhere.sees_secrets
    split = await asks("GET /images/bank-saved/json", bound(Role.VIEWER), OPERATOR)
    assert isinstance(split, Allowed) and not split.sees_secrets


def test_lists_and_events_hide_images_of_other_projects() -> None:
    assert names("/images/json", IMAGES) == ["pulled", "mine", "nobodys"]
    assert [each["Id"] for each in seen("/system/df", {"Images": IMAGES})["Images"]] == ["pulled", "mine", "nobodys"]


@pytest.mark.parametrize(
    "digests, is_local",
    [
        (["committed@sha256:0"], True), (["committed@sha256:0", "team/x@sha256:0"], True), (["x@sha256:1"], False),
        (["registry.example.com/x@sha256:0"], False), (["x@sha256:0", "localhost:5000/x@sha256:0"], False), ([], True),
    ],
)  # fmt: skip
def test_a_digest_that_containerds_store_gives_is_no_registrys(digests: list[str], is_local: bool) -> None:
    """There the id is the digest, and each name has it."""
    labels = {"Labels": {LABEL: "bank"}}
    found = image_found("x", {"Id": "sha256:0", "RepoDigests": digests}, labels)
    assert (found.is_local, found.project) == (is_local, "bank" if is_local else "")


IMAGE_EVENTS: tuple[tuple[str, Mapping[str, str], bool], ...] = (
    ("pull", {"name": "nginx:1"}, True),
    ("tag", {"name": "shop-web:1", LABEL: "shop"}, True),
    ("tag", {"name": "committed:1", LABEL: "bank"}, False),
    ("untag", {"name": "committed:1", STACK: "bank"}, False),
    ("delete", {"name": "sha256:0"}, False),
)


@pytest.mark.parametrize("action, attributes, shows", IMAGE_EVENTS)
def test_events_of_images_are_of_their_projects(action: str, attributes: Mapping[str, str], shows: bool) -> None:
    import json

    from dockworthy.guard.request import GuardRequest
    from dockworthy.guard.rights.showing import shown
    from dockworthy.guard.routes import find_call
    from guard.test_showing import OF_SHOP as LIMIT
    from guard.test_showing import SERVICES

    found = shown(find_call(GuardRequest(method="GET", target="/events")), (LIMIT,), SERVICES)
    event = {"Type": "image", "Action": action, "Actor": {"ID": "x", "Attributes": attributes}}
    assert found is not None and bool(found.line(json.dumps(event).encode() + b"\n")) is shows


def made(kind: str, name: str) -> tuple[str, Any]:
    if kind == "containers":
        return f"POST /containers/create?name={quote(name)}", MINE
    labels = {LABEL: "shop"} if kind in ("volumes", "networks") else {STACK: "shop"}
    return f"POST /{kind}/create", {"Name": name, "Labels": labels}


KINDS = ("containers", "volumes", "networks", "services", "secrets", "configs")


@pytest.mark.parametrize("kind", KINDS)
async def test_no_name_is_given_that_another_project_would_give(kind: str) -> None:
    for name in ("bank_new", "bank-web-1", "Bank_new", "shop-admin_data", "shop-admin-web-1", "later_data"):
        line, body = made(kind, name)
        answer = await asks(line, *OF_SHOP, body=body)
        assert isinstance(answer, Refusal) and "begins like the names of project" in answer.says, name
        assert isinstance(await asks(line, bound(Role.DEPLOYER), body=body), Allowed)
    for name in (
        "shop_new",
        "shop-web-1",
        "shop-administrator-1",
        "bankers_data",
        "bank",
        "ledger",
        "0a1b2c_shop-web-1",
    ):
        line, body = made(kind, name)
        answer = await asks(line, *OF_SHOP, body=body)
        assert isinstance(answer, Allowed), (name, answer)
    line, body = made(kind, "bank_new")
    assert isinstance(await asks(line, bound(Role.DEPLOYER, "shop", "bank"), body=body), Allowed)


@pytest.mark.parametrize(
    "line, body",
    [
        ("POST /containers/shop/rename?name=bank-web-1", None),
        ("POST /containers/shop/rename?name=%2Fbank_x", None),
        ("POST /containers/create?name=bank-web-1", {**MINE, "Name": "shop-web-1"}),
        ("POST /containers/create", {**MINE, "HostConfig": {"Mounts": [{"Type": "volume", "Source": "bank_new",
         "Target": "/x", "VolumeOptions": {"Labels": {LABEL: "shop"}}}]}}),
        ("POST /services/create", {"Name": "shop_web", "Labels": {STACK: "shop"}, "TaskTemplate": {"ContainerSpec": {
         "Mounts": [{"Type": "volume", "Source": "bank_new", "VolumeOptions": {"Labels": {STACK: "shop"}}}]}}}),
        ("POST /services/shop_web/update?version=1", {"Name": "shop_web", "Labels": {STACK: "shop"}, "TaskTemplate": {
         "ContainerSpec": {"Mounts": [{"Type": "volume", "Source": "bank_new",
         "VolumeOptions": {"Labels": {STACK: "shop"}}}]}}}),
    ],
)  # fmt: skip
async def test_nor_by_a_rename_nor_by_the_volumes_that_a_container_makes(line: str, body: Any) -> None:
    answer = await asks(line, *OF_SHOP, body=body)
    assert isinstance(answer, Refusal) and "begins like the names of project bank" in answer.says


@pytest.mark.parametrize("name", ["dockworthy-edge", "dockworthy-edge-front", "Dockworthy-Edge", "dockworthy-edge_x"])
async def test_the_names_of_the_edge_wait_for_the_edge(name: str) -> None:
    for line, body in (
        ("POST /networks/create", {"Name": name, "Labels": {LABEL: "shop"}}),
        ("POST /volumes/create", {"Name": name, "Labels": {LABEL: "shop"}}),
        (f"POST /containers/create?name={name}", MINE),
    ):
        answer = await asks(line, *OF_SHOP, body=body)
        assert isinstance(answer, Refusal) and "names of project dockworthy-edge" in answer.says, line
        assert isinstance(await asks(line, bound(Role.DEPLOYER), body=body), Allowed)


async def test_a_volume_that_is_there_is_whose_it_is() -> None:
    """The engine answers with it, whatever labels the request has."""
    line, body = made("volumes", "ledger-of-theirs")
    answer = await asks(line, *OF_SHOP, body=body)
    assert isinstance(answer, Refusal) and "volume ledger-of-theirs is of project bank" in answer.says


def service(own: Mapping[str, str], tasks: Mapping[str, str]) -> Any:
    return {"Name": "shop_web", "Labels": own, "TaskTemplate": {"ContainerSpec": {"Image": "x", "Labels": tasks}}}


@pytest.mark.parametrize("line", ["POST /services/create", "POST /services/shop_web/update?version=1"])
async def test_a_services_tasks_are_of_its_project(line: str) -> None:
    for own, tasks in (
        ({STACK: "shop"}, {LABEL: "bank"}), ({STACK: "shop"}, {STACK: "bank"}), ({LABEL: "shop"}, {STACK: "bank"}),
        ({STACK: "shop"}, {STACK: "shop", LABEL: "bank"}), ({}, {STACK: "shop"}),
    ):  # fmt: skip
        assert isinstance(await asks(line, *OF_SHOP, body=service(own, tasks)), Refusal), (own, tasks)
        assert isinstance(await asks(line, bound(Role.DEPLOYER), body=service(own, tasks)), Allowed)
    for own, tasks in (({STACK: "shop"}, {STACK: "shop"}), ({STACK: "shop"}, {}), ({STACK: "shop"}, {LABEL: "shop"})):
        answer = await asks(line, *OF_SHOP, body=service(own, tasks))
        assert isinstance(answer, Allowed), (own, tasks, answer)


@pytest.mark.parametrize("line", ["POST /services/create", "POST /services/shop_web/update?version=1"])
async def test_an_image_gives_the_tasks_of_a_service_no_project(line: str) -> None:
    """The image may be another one when a task starts. A label without a value keeps the image's out."""
    for own, tasks, wanted in (
        ({STACK: "shop"}, {}, {STACK: "", LABEL: ""}),
        ({STACK: "shop"}, {STACK: "shop", "x": "y"}, {STACK: "shop", LABEL: "", "x": "y"}),
        ({LABEL: "shop"}, {LABEL: "shop"}, {LABEL: "shop", STACK: ""}),
    ):
        answer = await asks(line, *OF_SHOP, body=service(own, tasks))
        assert isinstance(answer, Allowed)
        sent = json.loads(answer.call.body)
        assert sent["TaskTemplate"]["ContainerSpec"]["Labels"] == wanted
        assert {**sent, "TaskTemplate": {}} == {**service(own, tasks), "TaskTemplate": {}}
        assert project_of(sent["TaskTemplate"]["ContainerSpec"]) in ("", "shop")
        assert project_of_service(sent) == "shop"
        anybody = await asks(line, bound(Role.DEPLOYER), body=service(own, tasks))
        assert isinstance(anybody, Allowed) and json.loads(anybody.call.body) == service(own, tasks)
    nothing = await asks(line, *OF_SHOP, body={"Name": "shop_web", "Labels": {STACK: "shop"}})
    assert isinstance(nothing, Allowed)


async def test_an_image_makes_no_container_another_projects() -> None:
    """The engine gives a container the labels of its image where its own say nothing else."""
    for labels in ({STACK: "shop"}, {STACK: "shop", "x": "y"}):
        answer = await asks("POST /containers/create", *OF_SHOP, body={"Image": "pulled", "Labels": labels})
        assert isinstance(answer, Refusal) and "a container of project ci" in answer.says, labels
    for image, labels in (("pulled", {LABEL: "shop"}), ("shop-made", {STACK: "shop"}), ("nowhere", {STACK: "shop"})):
        answer = await asks("POST /containers/create", *OF_SHOP, body={"Image": image, "Labels": labels})
        assert isinstance(answer, Allowed), (image, answer)


async def test_a_service_that_counts_as_two_is_touched_and_seen_by_neither() -> None:
    assert isinstance(await asks("DELETE /services/two", *OF_SHOP), Refusal)
    two = {"ID": "s", "Id": "s", "Spec": service({STACK: "shop"}, {STACK: "bank"})}
    assert names("/services", [two]) == []


async def test_labels_of_the_swarms_own_are_given_by_the_swarm() -> None:
    for name in ("com.docker.swarm.service.id", "com.docker.swarm.task", "com.docker.swarm.node.id"):
        body = {**MINE, "Labels": {**MINE["Labels"], name: "x"}}
        answer = await asks("POST /containers/create", *OF_SHOP, body=body)
        assert isinstance(answer, Refusal) and name in answer.says


_FORGED: tuple[Mapping[str, str], ...] = (
    {"dockworthy.kind": "release", "dockworthy.project": "bank", "dockworthy.number": "999"},
    {"dockworthy.kind": "edge", "dockworthy.edge-of": "authority", "dockworthy.edge-digest": "x"},
    {"dockworthy.kind": "dockworthy-edge-reader"},
)


@pytest.mark.parametrize("labels", _FORGED, ids=lambda labels: labels["dockworthy.kind"])
async def test_what_deploys_go_by_on_a_swarm_is_no_word_of_who_has_one_project(labels: Mapping[str, str]) -> None:
    """Root's next deploy of another project would roll out what is written there."""
    whole = {STACK: "shop", **labels}
    for kind in ("configs", "secrets"):
        body: dict[str, Any] = {"Name": "shop_x", "Data": "eA==", "Labels": whole}
        answer = await asks(f"POST /{kind}/create", *OF_SHOP, body=body)
        assert isinstance(answer, Refusal) and "dockworthy.kind" in answer.says
        assert isinstance(await asks(f"POST /{kind}/create", bound(Role.DEPLOYER), body=body), Allowed)
    answer = await asks("POST /services/create", *OF_SHOP, body={**service({STACK: "shop"}, {}), "Labels": whole})
    assert isinstance(answer, Refusal) and "dockworthy.kind" in answer.says
    for kind in ("configs", "secrets", "services"):
        for name in ("shop_dockworthy.release.4", "shop_dockworthy.head", "shop_Dockworthy.Release.4"):
            body = {**service({STACK: "shop"}, {}), "Name": name} if kind == "services" else {
                "Name": name, "Data": "eA==", "Labels": {STACK: "shop"}
            }  # fmt: skip
            answer = await asks(f"POST /{kind}/create", *OF_SHOP, body=body)
            assert isinstance(answer, Refusal) and f"the name {name} is reserved" in answer.says, (kind, name)
    key = {"Name": "dockworthy.versions-key", "Data": "eA==", "Labels": {STACK: "shop"}}
    assert isinstance(await asks("POST /configs/create", *OF_SHOP, body=key), Refusal)
    own = {"Name": "shop_x", "Data": "eA==", "Labels": {STACK: "shop", "mine": "x"}}
    assert isinstance(await asks("POST /configs/create", *OF_SHOP, body=own), Allowed)


async def test_a_container_keeps_the_name_that_has_a_role() -> None:
    held = bound(Role.DEPLOYER), bound(Role.OPERATOR)
    watcher = frozenset({"watcher"})
    answer = await asks("POST /containers/watcher/rename?name=other", *held, reserved=watcher)
    assert isinstance(answer, Refusal) and "container watcher has a role of its own" in answer.says
    assert isinstance(
        await asks("POST /containers/watcher/rename?name=other", bound(Role.ADMIN), reserved=watcher), Allowed
    )
    assert isinstance(await asks("POST /containers/shop/rename?name=other", *held, reserved=watcher), Allowed)
