"""A Compose project of several files: variables, `.env`, `extends`, `include`, anchors; and that nothing bursts it."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockworthy.errors import UnreadableInput
from dockworthy.model.field import Origin, Set, Unknown
from dockworthy.model.workload import Container, Unit
from dockworthy.readers.compose import read_compose
from dockworthy.readers.compose.dotenv import parse_dotenv
from dockworthy.readers.compose.interpolation import interpolate
from dockworthy.readers.yaml_source import documents
from effort import examples

VARIABLES = {"NAME": "shop", "EMPTY": ""}


def read(folder: Path, name: str = "compose.yaml", **variables: str) -> dict[str, Unit]:
    path = folder / name
    (document,) = documents(path.read_text(), str(path))
    return {unit.name: unit for unit in read_compose(document, environ=variables, folder=folder)}


def parsed(text: str, **variables: str) -> Container:
    (document,) = documents(text, "compose.yaml")
    return read_compose(document, environ=variables, folder=Path("/nonexistent"))[0].containers[0]


def written(folder: Path, **files: str) -> None:
    """`a__b="…"` is the file `a/b.yaml`."""
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + ".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("$NAME:1", "shop:1"),
        ("${NAME}${NAME}", "shopshop"),
        ("$$NAME", "$NAME"),
        ("${NONE:-a}", "a"),
        ("${EMPTY:-a}", "a"),
        ("${EMPTY-a}", ""),
        ("${NONE-a}", "a"),
        ("${NAME:+a}", "a"),
        ("${NONE:+a}", ""),
        ("${EMPTY+a}", "a"),
        ("${NONE:-${NAME:-b}}", "shop"),
        ("${NONE:-{}}", "{}"),
        ("${NAME:?needed}", "shop"),
        ("a $ b$", "a $ b$"),
        ("$1 $(date) $'$}", "$1 $(date) $'$}"),
    ],
)
def test_variables(text: str, result: str) -> None:
    found = interpolate(text, VARIABLES)
    assert (found.text, found.missing) == (result, ())


@pytest.mark.parametrize("text", ["$NONE", "${NONE}", "a${NONE:?say it}b", "${EMPTY:?}", "${A:-${NONE}}"])
def test_a_missing_variable_is_a_gap_and_the_text_stays(text: str) -> None:
    found = interpolate(text, VARIABLES)
    assert found.missing and "$" in found.text


@pytest.mark.parametrize("text", ["${", "${NAME", "${1}", "${NAME!}", "${ NAME }", "${A:-" * 30 + "}" * 30])
def test_what_is_no_variable_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        interpolate(text, VARIABLES)


def test_a_missing_variable_leaves_unknown_what_depends_on_it() -> None:
    found = parsed("services: {web: {image: 'shop:${TAG:?which}', privileged: $ROOT, ports: ['$PORT:80']}}")
    for field in (found.image, found.privileged, found.unclear["ports"]):
        assert isinstance(field, Unknown) and "has no value here" in field.reason
    assert isinstance(found.image, Unknown) and "which" in found.image.reason and "TAG" in found.image.tell
    assert isinstance(parsed("services: {web: {privileged: $ROOT}}", ROOT="true").privileged, Set)


def test_env_files() -> None:
    text = '# c\nA=1\nexport B = two # no\nC=\'$A\'\nD="x\\ny"\nE=${A}$B\nF="one\ntwo"\nno line\nG=a#b\nH=$NAME\nI=\n'
    assert parse_dotenv(text, VARIABLES) == {
        "A": "1",
        "B": "two",
        "C": "$A",
        "D": "x\ny",
        "E": "1two",
        "F": "one\ntwo",
        "G": "a#b",
        "H": "shop",
        "I": "",
    }


def test_the_environment_outranks_the_file_beside_it(tmp_path: Path) -> None:
    written(tmp_path, compose="services: {web: {image: 'shop:$TAG', environment: [TAG, B=$B]}}")
    (tmp_path / ".env").write_text("TAG=1\nB=2\n")
    assert _image(read(tmp_path)["web"]) == "shop:1"
    unit = read(tmp_path, TAG="3")["web"]
    assert _image(unit) == "shop:3"
    environment = unit.containers[0].environment
    assert isinstance(environment, Set) and environment.value == {"TAG": "3", "B": "2"}


def test_files_with_variables(tmp_path: Path) -> None:
    written(
        tmp_path,
        compose="services: {web: {image: s, env_file: [a.env, {path: none.env, required: false}],"
        " environment: {B: 3}}, job: {image: s, env_file: none.env}}",
    )
    (tmp_path / "a.env").write_text("A=1\nB=2\n")
    units = read(tmp_path)
    environment = units["web"].containers[0].environment
    assert isinstance(environment, Set) and environment.value == {"A": "1", "B": "3"}
    assert "environment" not in units["web"].containers[0].unclear
    assert "none.env is not here" in units["job"].containers[0].unclear["environment"].reason


def _image(unit: Unit) -> str:
    image = unit.containers[0].image
    assert isinstance(image, Set), image
    return image.value


def test_extends_in_the_same_file_and_another(tmp_path: Path) -> None:
    written(
        tmp_path,
        compose="""
services:
  web:
    extends: {file: base/common.yaml, service: app}
    command: serve
    environment: [B=3]
    volumes: [./own:/data]
  job:
    extends: web
    privileged: !reset null
""",
        base__common="""
services:
  base: {image: shop, privileged: true, command: wait, cap_add: [SYS_ADMIN]}
  app:
    extends: base
    environment: {A: 1, B: 2}
    cap_add: [NET_ADMIN]
    volumes: [./data:/data, ./log:/log]
""",
    )
    units = read(tmp_path)
    web = units["web"].containers[0]
    base = str(tmp_path / "base" / "common.yaml")
    assert isinstance(web.privileged, Set) and web.privileged.origin is Origin.INHERITED
    assert (web.privileged.source.where, web.privileged.source.line) == (base, 3)
    assert isinstance(web.command, Set) and web.command.value == ("serve",) and web.command.origin is Origin.WRITTEN
    assert isinstance(web.capabilities_add, Set) and web.capabilities_add.value == ("SYS_ADMIN", "NET_ADMIN")
    assert isinstance(web.environment, Set) and web.environment.value == {"A": "1", "B": "3"}
    assert [mount.source for mount in web.mounts] == [str(tmp_path / "own"), str(tmp_path / "base" / "log")]
    assert not isinstance(units["job"].containers[0].privileged, Set)
    assert (units["web"].source.line, units["job"].source.line) == (3, 8)


def test_an_override_replaces_a_list() -> None:
    (document,) = documents(
        "services: {a: {image: s, ports: ['1:1']}, b: {extends: a, ports: !override ['2:2']}}", "compose.yaml"
    )
    unit = read_compose(document, environ={}, folder=Path("/nonexistent"))[1]
    assert [port.host_port for port in unit.containers[0].ports] == [2]


def test_a_circle_is_said_with_both_places(tmp_path: Path) -> None:
    written(
        tmp_path,
        compose="services:\n  a:\n    extends: {file: other.yaml, service: b}\n",
        other="services:\n  b:\n    extends: {file: compose.yaml, service: a}\n",
    )
    with pytest.raises(UnreadableInput) as error:
        read(tmp_path)
    assert "circle" in error.value.says
    assert "compose.yaml:3" in error.value.says and "other.yaml:3" in error.value.says


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("services: {a: {extends: a}}", "circle"),
        ("services: {a: {extends: b}}", "no service 'b' to extend"),
        ("services: {a: {extends: {file: no.yaml, service: b}}}", "no.yaml does not exist"),
        ("services: {a: {extends: {file: /dev/zero, service: b}}}", "not a regular file"),
        ("services: {a: {extends: $B}}", "the variable B has no value here"),
        ("services: {a: 5}", "services.a is '5', not a service"),
        ("services: {a: }", "services.a is empty, not a service"),
        ("include: [no.yaml]", "no.yaml does not exist"),
        ("include: [compose.yaml]", "circle"),
        ('include: ["a\\0"]', "a zero byte"),
        ("include: [{env_file: a}]", "not the path of a Compose file"),
        ("services: {a: {volumes: [b:/c]}}\nvolumes: [b]", "volumes is a list, not a mapping"),
    ],
)
def test_what_leads_nowhere_is_said_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    written(tmp_path, compose=text)
    with pytest.raises(UnreadableInput) as error:
        read(tmp_path)
    assert says in error.value.says and error.value.file


def test_include_takes_in_projects_with_their_own_folder_and_variables(tmp_path: Path) -> None:
    written(
        tmp_path,
        compose="include: [db/db.yaml, {path: [a.yaml, b.yaml], project_directory: sub}]\n"
        "services: {web: {image: $TAG}}",
        db__db="services: {db: {image: $TAG, volumes: ['./data:/data']}}",
        a="services: {job: {image: a, privileged: true}}",
        b="services: {job: {image: b, volumes: ['./x:/x']}}",
    )
    (tmp_path / ".env").write_text("NAME=x\n")
    (tmp_path / "db" / ".env").write_text("TAG=db\n")
    units = read(tmp_path)
    assert set(units) == {"web", "db", "job"}
    assert units["db"].id == f"{tmp_path}/db/db.yaml#db"
    assert _image(units["db"]) == "db" and isinstance(units["web"].containers[0].image, Unknown)
    assert units["db"].containers[0].mounts[0].source == str(tmp_path / "db" / "data")
    job = units["job"].containers[0]
    assert (_image(units["job"]), isinstance(job.privileged, Set)) == ("b", True)


def test_a_later_file_is_laid_over_the_earlier() -> None:
    texts = {
        "compose.yaml": "services:\n  web: {image: a, ports: ['1:1'], environment: {A: 1, B: 1}}\n",
        "over.yaml": "services:\n  new: {image: c}\n  web:\n    image: b\n    ports: ['2:2']\n    environment: [B=2]\n",
    }
    base, over = (next(documents(text, name)) for name, text in texts.items())
    units = {u.name: u for u in read_compose(base, environ={}, folder=Path("/nonexistent"), over=[over])}
    web = units["web"].containers[0]
    assert (units["web"].id, units["new"].id) == ("compose.yaml#web", "over.yaml#new")
    assert isinstance(web.image, Set) and str(web.image.source) == "over.yaml:4 services.web.image"
    assert [port.host_port for port in web.ports] == [1, 2]
    assert isinstance(web.environment, Set) and web.environment.value == {"A": "1", "B": "2"}


def test_an_anchors_value_stands_where_it_was_written() -> None:
    found = parsed(
        "x-base: &base\n  privileged: true\n  cap_add: [ALL]\nservices:\n  web:\n    <<: *base\n    cap_add: []\n"
    )
    assert isinstance(found.privileged, Set) and found.privileged.source.line == 2
    assert isinstance(found.capabilities_add, Set) and found.capabilities_add.value == ()


def _aliases(wide: int, deep: int) -> str:
    lists = ["x0: &x0 [a, b]"]
    lists += [f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * wide)}]" for n in range(1, deep)]
    return "\n".join([*lists, f"services: {{web: {{image: a, cap_add: *x{deep - 1}}}}}"])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (_aliases(10, 9), "aliases counted"),
        ("services: {web: &w {image: a, labels: *w}}", "nested too deep"),
        ("services: {web: {labels: " + "[" * 200 + "]" * 200 + "}}", "nested too deep"),
        ("services: " + "[" * 20_000, "nesting"),
        (
            "x-p: &p [" + ", ".join(["1-65535:1-65535"] * 20) + "]\nservices: {web: {image: a, ports: *p}}",
            "aliases counted",
        ),
    ],
)
def test_bombs_do_not_go_off(text: str, says: str) -> None:
    before = time.process_time()
    with pytest.raises(UnreadableInput, match=says):
        parsed(text)
    assert time.process_time() - before < 20


def test_merge_keys_do_not_grow_without_end() -> None:
    maps = ["x0: &x0 {image: a}"]
    maps += [f"x{n}: &x{n} {{<<: [{', '.join([f'*x{n - 1}'] * 10)}]}}" for n in range(1, 30)]
    found = parsed("\n".join([*maps, "services: {web: {<<: *x29}}"]))
    assert isinstance(found.image, Set)


_KEYS = st.sampled_from(
    "image build user privileged cap_add cap_drop security_opt read_only volumes tmpfs ports expose devices web "
    "env_file labels healthcheck test interval disable deploy resources limits memory cpus restart_policy condition "
    "logging driver options restart network_mode pid ipc networks ulimits nofile soft sysctls secrets configs extends "
    "service file volumes_from type source target published mem_limit pids_limit command entrypoint services include "
    "path driver_opts device o name external replicas update_config use_api_socket annotations environment".split()
)
_TEXTS = st.sampled_from(["web", "/a:/b", "80:80", "a=b", "$A", "${A:-1}", "host", "service:web", "true", "64m", "."])
_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | _KEYS | _TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS | st.text(max_size=5), inner, max_size=6),
    max_leaves=30,
)


@pytest.mark.parametrize(
    ("named", "name"),
    [("", "myshop_2"), ("name: ${NAME:-a}x", "ax"), ("name: {a: b}", "myshop_2")],
)
def test_the_name_of_the_project_is_a_variable(tmp_path: Path, named: str, name: str) -> None:
    """Without a `name`, the folder's: in small letters, without what Compose takes for none of a name."""
    folder = tmp_path / "_My.Shop_2"
    written(folder, compose=f"{named}\nservices: {{web: {{image: 'a:$COMPOSE_PROJECT_NAME'}}}}")
    assert _image(read(folder)["web"]) == f"a:{name}"


@given(body=_ANYTHING, other=_ANYTHING)
@settings(deadline=None, max_examples=examples(400))
def test_any_value_anywhere_is_read_or_refused(body: Any, other: Any) -> None:
    service = {"image": "shop", "extends": "base"}
    for project in (
        {"services": body},
        {"services": {"web": body, "base": other}},
        {"services": {"web": service | (body if isinstance(body, dict) else {}), "base": other}, "volumes": other},
        {"services": {"web": dict.fromkeys(("volumes", "ports", "healthcheck", "deploy", "logging"), body)}},
        {"services": {"web": {"image": "a", "networks": ["web"], "volumes": ["web:/x"]}}, "networks": body},
        {"include": body},
    ):
        _read_or_refused(json.dumps(project))


@given(st.dictionaries(_KEYS, _ANYTHING, max_size=3))
@settings(deadline=None, max_examples=examples(400))
def test_any_value_of_a_key_is_read_or_refused(service: dict[str, Any]) -> None:
    _read_or_refused(json.dumps({"services": {"web": {"image": "shop"} | service}}))


@given(st.text(max_size=60, alphabet="${}:-?+AB_1 \\\"'#=\n") | st.text(max_size=30))
@settings(deadline=None, max_examples=examples(400))
def test_any_text_is_interpolated_or_refused(text: str) -> None:
    try:
        interpolate(text, VARIABLES)
    except ValueError as error:
        assert str(error)
    parse_dotenv(text, VARIABLES)


def _read_or_refused(text: str) -> None:
    try:
        parsed(text)
    except UnreadableInput as error:
        assert error.file
    except IndexError:  # no service in it
        pass
