"""Variables of a Compose file, from the environment and from files."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockworthy.model.field import Set, Unknown
from dockworthy.readers.compose.variables import interpolate
from examples import parse_dotenv
from readers.compose_read import image_of, parsed, read, written

VARIABLES = {"NAME": "shop", "EMPTY": ""}


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
        ("${EMPTY:+a}", ""),
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


@pytest.mark.parametrize(
    "text",
    [
        "$NONE",
        "${NONE}",
        "a${NONE:?say it}b",
        "${EMPTY:?}",
        "${A:-${NONE}}",
        "${NONE:+host}",
        "${NONE+x}",
        "${A:-${NONE:+host}}",
    ],
)
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


def test_what_counts_where_a_variable_has_a_value_is_unknown_where_it_has_none(tmp_path: Path) -> None:
    written(tmp_path, compose="services: {web: {image: s, pid: '${DEBUG:+host}', privileged: $ROOT, user: $NOBODY}}")
    (tmp_path / ".env").write_text("ROOT=${DEBUG:+true}\nNOBODY=$DEBUG\n")
    container = read(tmp_path)["web"].containers[0]
    unit = read(tmp_path)["web"]
    for field in (unit.namespaces.pid, container.privileged, container.context.user):
        assert isinstance(field, Unknown) and "DEBUG" in field.reason, field
    assert (
        isinstance(unit.namespaces.pid, Unknown)
        and "decides whether ${DEBUG:+...} is empty" in unit.namespaces.pid.reason
    )
    privileged = read(tmp_path, DEBUG="1")["web"].containers[0].privileged
    assert isinstance(privileged, Set) and privileged.value is True


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
    assert image_of(read(tmp_path)["web"]) == "shop:1"
    unit = read(tmp_path, TAG="3")["web"]
    assert image_of(unit) == "shop:3"
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


@pytest.mark.parametrize(
    ("named", "name"),
    [("", "myshop_2"), ("name: ${NAME:-a}x", "ax"), ("name: {a: b}", "myshop_2")],
)
def test_the_name_of_the_project_is_a_variable(tmp_path: Path, named: str, name: str) -> None:
    """Without a `name`, the folder's: in small letters, without what Compose takes for none of a name."""
    folder = tmp_path / "_My.Shop_2"
    written(folder, compose=f"{named}\nservices: {{web: {{image: 'a:$COMPOSE_PROJECT_NAME'}}}}")
    assert image_of(read(folder)["web"]) == f"a:{name}"
