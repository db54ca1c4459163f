"""A project of Compose: its JSON comes out as it went in, and each key has its default in one place."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockworthy.model.compose_project import (
    ComposeProject,
    ComposeService,
    FileObject,
    NetworkDefinition,
    project_as_json,
    project_from_json,
)
from dockworthy.model.release import release_as_json, release_from_json
from effort import examples

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=examples(20),
)
OBJECTS = st.dictionaries(st.text(max_size=5), st.none() | st.dictionaries(st.text(max_size=8), VALUES, max_size=4))
PROJECTS = st.dictionaries(st.text(max_size=5), VALUES, max_size=3).flatmap(
    lambda unknown: st.fixed_dictionaries(
        {key: st.just(value) for key, value in unknown.items()},
        optional=dict.fromkeys(("services", "networks", "volumes", "secrets", "configs"), OBJECTS),
    )
)
WEB: dict[str, Any] = {
    "image": "shop:1",
    "networks": {"inner": {"aliases": ["store"], "ipv4_address": "10.0.0.9"}, "default": None},
    "secrets": [{"source": "pw"}, {"source": "pw", "target": "/etc/pw", "mode": "0440"}],
    "configs": [{"source": "site"}],
    "volumes": [{"type": "volume", "source": "data", "target": "/data"}],
    "depends_on": {"db": {"condition": "service_healthy"}, "cache": None},
    "ports": [{"target": 80, "published": "8080"}],
    "x-ours": {"kept": True},
}
SHOP: dict[str, Any] = {
    "name": "shop",
    "services": {"web": WEB, "db": {"network_mode": "service:web"}},
    "networks": {"inner": {"name": "between", "external": True}, "default": None},
    "volumes": {"data": None},
    "x-all": [1, None, "text"],
}


class Kept(msgspec.Struct):
    spec: ComposeProject


@given(PROJECTS)
def test_the_json_comes_out_as_it_went_in(written: dict[str, Any]) -> None:
    project = ComposeProject.from_json(written)
    assert project.to_json() == written
    assert project == ComposeProject.from_json(written) and not project != ComposeProject.from_json(written)
    assert project.with_texts(lambda text: text) == project
    content = msgspec.json.encode(Kept(project), enc_hook=project_as_json)
    assert msgspec.json.decode(content) == {"spec": written}
    assert msgspec.json.decode(content, type=Kept, dec_hook=project_from_json).spec == project


@given(PROJECTS)
def test_with_its_own_services_and_parts_it_is_the_same(written: dict[str, Any]) -> None:
    project = ComposeProject.from_json({"services": {}, "networks": {}, **written})
    assert project.with_services(project.services).with_networks(project.networks) == project
    assert project.beside(project) == project
    assert {name: each.to_json() for name, each in project.services.items()} == {
        name: each or {} for name, each in (written.get("services") or {}).items()
    }


def test_nobody_changes_it() -> None:
    project = ComposeProject.from_json(SHOP)
    project.to_json()["services"]["web"]["image"] = "other"
    project.services["web"].to_json()["networks"].clear()
    assert project.to_json() == SHOP
    with pytest.raises(AttributeError, match="frozen"):
        project.name = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        hash(project)


def test_what_is_no_project_is_not_read() -> None:
    for content in (b'{"spec": null}', b'{"spec": []}', b'{"spec": "x"}'):
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(content, type=Kept, dec_hook=project_from_json)
    with pytest.raises(NotImplementedError):
        project_as_json(object())


def test_a_record_of_a_release_holds_exactly_its_json() -> None:
    spec = {**SHOP, "x-order": {"b": 1, "a": {}}}
    record = {"number": 7, "project": "shop", "target": "swarm", "state": "kept", "spec": spec, "services": {}}
    release = release_from_json(json.dumps(record).encode())
    assert release.spec == ComposeProject.from_json(spec)
    written = json.loads(release_as_json(release))["spec"]
    assert written == spec and json.dumps(written) == json.dumps(spec), "in the same order, too"


def test_what_is_written_is_read() -> None:
    project = ComposeProject.from_json(SHOP)
    web = project.services["web"]
    assert (project.name, [*project.services], web.image) == ("shop", ["web", "db"], "shop:1")
    assert web.networks["inner"].aliases == ("store",)
    assert web.networks["inner"].addresses == {"ipv4_address": "10.0.0.9"}
    assert [each.target("secrets") for each in web.references("secrets")] == ["pw", "/etc/pw"]
    assert [each.target("configs") for each in web.references("configs")] == ["/site"]
    assert (web.mounts[0].source, web.mounts[0].read_only) == ("data", False)
    assert {name: each.condition for name, each in web.depends_on.items()} == {
        "db": "service_healthy",
        "cache": "service_started",
    }
    assert web.needs == ("cache", "db") and project.services["db"].needs == ("web",)
    assert (web.ports[0].published, web.ports[0].protocol, web.ports[0].mode) == ("8080", "tcp", "ingress")


@pytest.mark.parametrize(
    ("service", "replicas"),
    [({}, 1), ({"scale": 3}, 3), ({"scale": 3, "deploy": {"replicas": 0}}, 0), ({"deploy": {"replicas": None}}, 1)],
)
def test_how_many(service: dict[str, Any], replicas: int) -> None:
    assert ComposeService.from_json(service).replicas == replicas


def test_what_nobody_wrote_has_the_default_of_compose() -> None:
    service = ComposeService.from_json({})
    assert (service.image, service.network_mode, service.replicas) == ("", "", 1)
    assert (service.healthcheck, service.logging, service.networks) == (None, None, {})
    assert [*service.joined] == ["default"] and service.needs == ()
    assert (service.deploy.mode, service.deploy.update_order, service.deploy.restart_policy) == ("replicated", "", None)
    assert NetworkDefinition.from_json(None).external is False and FileObject.from_json({}).content == ""


def test_what_an_object_is_called_on_the_engine() -> None:
    project = ComposeProject.from_json(SHOP)
    assert project.object_name("networks", "inner") == "between"
    assert project.object_name("networks", "default") == project.object_name("networks", "default") == "shop_default"
    assert project.object_name("volumes", "nowhere") == "shop_nowhere"
    assert {*project.joined_by("web")} == project.joined == {"between", "shop_default"}


def test_another_one_with_something_changed() -> None:
    project = ComposeProject.from_json(SHOP)
    web, db = project.services["web"], project.services["db"]
    assert db.with_network("edge", ["web.shop"]).to_json()["networks"] == {
        "default": None,
        "edge": {"aliases": ["web.shop"]},
    }
    assert web.with_network("edge", []).without_network("edge") == web
    assert web.with_image("sha256:a").to_json() == {**WEB, "image": "sha256:a"}
    limited = web.with_deploy(web.deploy.with_constraint("node.id==a").with_update_order("stop-first"))
    assert limited.deploy.placement.constraints == ("node.id==a",) and limited.deploy.update_order == "stop-first"
    other = ComposeProject.of("shop", {"new": db}, networks={"inner": NetworkDefinition.from_json({})})
    assert other.to_json() == {"name": "shop", "services": {"new": SHOP["services"]["db"]}, "networks": {"inner": {}}}
    assert other.beside(project).to_json() == {
        **other.to_json(),
        "networks": {"inner": {}, "default": None},
        "volumes": {"data": None},
    }
    assert project.with_texts(str.upper).services["web"].image == "SHOP:1"
    assert "store" in {*project.texts()} and "aliases" not in {*project.texts()}
