"""A Compose project of several files: `extends`, `include`, files laid over others, anchors."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockworthy.errors import UnreadableInput
from dockworthy.model.field import Origin, Set, Unknown
from dockworthy.model.workload import MountKind
from dockworthy.readers.compose.project import read_compose
from dockworthy.readers.yaml_source import documents
from readers.compose_read import image_of, parsed, read, written


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
    assert image_of(units["db"]) == "db" and isinstance(units["web"].containers[0].image, Unknown)
    assert units["db"].containers[0].mounts[0].source == str(tmp_path / "db" / "data")
    job = units["job"].containers[0]
    assert (image_of(units["job"]), isinstance(job.privileged, Set)) == ("b", True)


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


@pytest.mark.parametrize(
    ("short", "kind", "source", "target"),
    [
        ("v:/x", MountKind.VOLUME, "", "v:/x"),
        ("é:/x", MountKind.VOLUME, "", "é:/x"),
        ("v:/x:/y:ro", MountKind.BIND, "v:/x", "/y"),
        ("1:/x", MountKind.VOLUME, "1", "/x"),
        ("vv:/x", MountKind.VOLUME, "vv", "/x"),
    ],
)
def test_one_letter_before_a_colon_is_a_drive_as_compose_reads_it(
    tmp_path: Path, short: str, kind: MountKind, source: str, target: str
) -> None:
    """`docker compose config` 2.26 gave each of these."""
    written(tmp_path, compose=f"services: {{web: {{image: s, volumes: ['{short}']}}}}\n")
    unit = read(tmp_path)["web"]
    (mount,) = unit.containers[0].mounts
    assert (mount.kind, mount.target) == (kind, target) and mount.source.endswith(source)
    told = f"on drive {short[:2]} of Windows" if short[0].isalpha() and short[1] == ":" else ""
    assert [told in note for note in unit.notes] == ([True] if told else [])
