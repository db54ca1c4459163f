"""Which containers the edge's follower lets join: those that Compose made of the deployed folder, and no others."""

from __future__ import annotations

from typing import Any

import pytest

from dockworthy.deploy.edge.following.follower import ServedProject, is_left_to_deploys, why_not

ALIAS = "0123456789abcdef" * 2
SHOP = ServedProject({"web": ALIAS}, ("/srv/shop",))
COMPOSE = {
    "com.docker.compose.project": "shop",
    "com.docker.compose.service": "web",
    "com.docker.compose.config-hash": "a1" * 32,
    "com.docker.compose.container-number": "1",
    "com.docker.compose.oneoff": "False",
    "com.docker.compose.project.working_dir": "/srv/shop",
    "com.docker.compose.project.config_files": "/srv/shop/compose.yaml",
}
OF_IMAGE = {"maintainer": "somebody"}
BUILT_BY_COMPOSE = {key: COMPOSE[key] for key in ("com.docker.compose.project", "com.docker.compose.service")}


def container(name: str = "shop-web-1", mode: str = "shop_default", **labels: str | None) -> dict[str, Any]:
    """`labels`: by the last part of their names; None takes one out."""
    found = dict(COMPOSE)
    for key, value in labels.items():
        full = next(each for each in found if each.replace("-", "_").endswith(f".{key}"))
        found.pop(full)
        if value is not None:
            found[full] = value
    return {"Id": "c" * 64, "Names": [f"/{name}"], "Labels": found, "HostConfig": {"NetworkMode": mode}}


@pytest.mark.parametrize("labels_of_image", [{}, OF_IMAGE, BUILT_BY_COMPOSE])
def test_what_compose_makes_anew_joins(labels_of_image: dict[str, str]) -> None:
    assert why_not(container(), labels_of_image, SHOP) is None
    assert not is_left_to_deploys(container())


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (container(config_hash=None), "Compose did not make it"),
        (container(config_hash="x"), "Compose did not make it"),
        (container(container_number=None), "Compose did not make it"),
        (container(oneoff=None), "Compose did not make it"),
        (container(oneoff="True"), "docker compose run"),
        (container(working_dir="/home/other/shop"), "'/home/other/shop'"),
        (container(working_dir=None), "was started in the folder ''"),
        (container(mode="host"), "network_mode: host"),
        (container(mode="container:0123"), "network_mode: container"),
        (container() | {"Labels": COMPOSE | {"com.docker.swarm.task.id": "t"}}, "of a swarm"),
        (container() | {"Labels": COMPOSE | {"com.docker.stack.namespace": "shop"}}, "of a swarm"),
        (container() | {"Labels": None}, "Compose did not make it"),
    ],
)
def test_what_is_no_container_of_the_service_is_refused_with_the_reason(found: dict[str, Any], says: str) -> None:
    assert says in (why_not(found, OF_IMAGE, SHOP) or "")


@pytest.mark.parametrize("label", ["config-hash", "container-number", "oneoff"])
def test_an_image_that_brings_composes_labels_along_gets_no_requests(label: str) -> None:
    """Anybody builds one, and whoever runs it by its name alone would put it before the shop's clients."""
    full = f"com.docker.compose.{label}"
    assert "its image brings labels along" in (why_not(container(), {full: COMPOSE[full]}, SHOP) or "")
    assert "its image is gone" in (why_not(container(), None, SHOP) or "")


def test_a_project_whose_folder_is_not_known_lets_nothing_join() -> None:
    assert why_not(container(), OF_IMAGE, ServedProject({"web": ALIAS}, ())) is not None


@pytest.mark.parametrize(
    "found",
    [container(config_files="-"), container("shop-web-1-dockworthy-leaving"), container("shop-web-1-standby")],
)
def test_what_a_deploy_made_or_took_off_the_edge_is_left_to_it(found: dict[str, Any]) -> None:
    assert is_left_to_deploys(found)
