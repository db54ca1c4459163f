"""Marathon's definitions: what is recognised, how ids are made, and what is refused."""

from __future__ import annotations

import pytest

from dockworthy.errors import UnreadableInput
from dockworthy.model.workload import Unit
from dockworthy.readers.marathon import is_marathon
from dockworthy.readers.marathon.definitions import read_marathon
from dockworthy.readers.yaml_source import documents


def read(text: str) -> list[Unit]:
    (document,) = documents(text, "app.json")
    assert is_marathon(document)
    return read_marathon(document)


GROUPS = """
{"id": "/prod", "groups": [
  {"id": "shop", "dependencies": ["../db"], "apps": [
    {"id": "web", "container": {"docker": {"image": "shop"}}},
    {"id": "/elsewhere/web", "cmd": "sleep 1", "cpus": 1, "mem": 32}]}],
 "pods": [{"id": "pair", "containers": [{"name": "a", "resources": {"cpus": 0.1, "mem": 32}}]}]}
"""


def test_ids_stand_below_those_of_their_groups() -> None:
    assert {unit.name: unit.kind for unit in read(GROUPS)} == {
        "/prod/shop/web": "app",
        "/elsewhere/web": "app",
        "/prod/pair": "pod",
    }


@pytest.mark.parametrize(
    "text",
    [
        "{id: a, container: {docker: {image: shop}}}",
        "{id: a, container: {type: MESOS}}",
        "{id: a, cmd: sleep 1, cpus: 0.1, mem: 32}",
        "[{id: a, container: {docker: {image: shop}}}]",
        "{apps: [{id: a, container: {docker: {image: shop}}}]}",
        GROUPS,
    ],
)
def test_recognised_by_content(text: str) -> None:
    (document,) = documents(text, "x.json")
    assert is_marathon(document)


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "shop", "version": "1.0.0", "scripts": {"start": "node ."}, "dependencies": {"a": "^1"}}',
        "{replicaCount: 1, image: {repository: shop, tag: x}, service: {port: 80}, resources: {}}",
        "{id: a, container: {image: shop}}",
        "{id: a, cmd: sleep 1}",
        "{id: a, containers: [{name: a}]}",
        "{apps: [web, api]}",
        "{groups: [{name: admins}], apps: {}}",
        "{apps: [{name: web, script: index.js, instances: 2}]}",
        "[]",
        "[1, 2]",
        "text",
        "{services: {web: {image: shop}}}",
    ],
)
def test_other_peoples_files_are_not_taken_for_it(text: str) -> None:
    (document,) = documents(text, "x.json")
    assert not is_marathon(document)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{id: a, container: {docker: {image: shop}}, mem: lots}", "mem is 'lots', not a number"),
        ("{id: a, container: {docker: {image: shop}}, mem: -1}", "not a number from 0 on"),
        ("{id: a, container: {docker: {image: shop}}, cpus: .inf}", "not a number from 0 on"),
        ("{id: a, container: {docker: {image: shop}}, env: [A]}", "env is a list, not a mapping"),
        ("{id: a, container: {docker: {image: [shop]}}}", "not a single value"),
        ("{id: a, container: {docker: {image: shop}, portMappings: [{containerPort: 70000}]}}", "not a port"),
        ("{id: a, container: {docker: {image: shop}}, instances: many}", "not a whole number"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, says: str) -> None:
    with pytest.raises(UnreadableInput) as error:
        read(text)
    assert error.value.says.startswith("app.json:1") and says in error.value.says
