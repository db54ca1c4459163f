"""Compose's own `config` beside our reading: it outranks ours, in our lines, and what it refuses is said."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from dockworthy.errors import UnreadableInput
from dockworthy.model.field import Set, Unknown, Unset
from dockworthy.model.workload import Unit
from dockworthy.readers.compose.project import read_compose
from dockworthy.readers.compose.rendering import ComposeProgram, RefusedByCompose, find_compose
from dockworthy.readers.yaml_source import documents
from patience import patience

TEXT = """\
services:
  web:
    image: shop:${TAG}
    mem_limit: 64m
    ports:
      - 127.0.0.1:8080:80
      - 127.0.0.1:8081:81
    volumes: [data:/data]
    environment: {TOKEN: hunter2}
volumes: {data: {}}
"""


def stand_in(folder: Path, body: str) -> ComposeProgram:
    """A program that answers like Compose: `body` is Python and sees `args`."""
    program = folder / "docker-compose"
    program.write_text(f"#!{sys.executable}\nimport json, os, sys, time\nargs = sys.argv[1:]\n{body}\n")
    program.chmod(0o755)
    return ComposeProgram(str(program), dict(os.environ))


def answering(folder: Path, **services: Any) -> ComposeProgram:
    project = {"name": "shop", "services": services, "volumes": {"data": {"name": "shop_data"}}}
    return stand_in(folder, f"print({json.dumps(project)!r})")


def read(folder: Path, compose: ComposeProgram | None, text: str = TEXT) -> Unit:
    (folder / "compose.yaml").write_text(text)
    (document,) = documents(text, str(folder / "compose.yaml"))
    return read_compose(document, environ={}, folder=folder, compose=compose, strict=True)[0]


SAME: dict[str, Any] = {
    "image": "shop:",
    "mem_limit": "67108864",
    "environment": {"TOKEN": "hunter2"},
    "volumes": [{"type": "volume", "source": "data", "target": "/data"}],
    "ports": [
        {"target": 80, "published": "8080", "host_ip": "127.0.0.1"},
        {"target": 81, "published": "8081", "host_ip": "127.0.0.1"},
    ],
}


def test_where_both_agree_nothing_changes(tmp_path: Path) -> None:
    assert read(tmp_path, answering(tmp_path, web=SAME)) == read(tmp_path, None)


def test_composes_value_counts_in_the_line_where_ours_stands(tmp_path: Path) -> None:
    ports = [SAME["ports"][0], {"target": 90, "published": "9090"}]
    theirs = SAME | {"mem_limit": "1024", "privileged": True, "ports": ports}
    unit = read(tmp_path, answering(tmp_path, web=theirs))
    (container,) = unit.containers
    memory, privileged = container.limits.memory, container.privileged
    assert isinstance(memory, Set) and (memory.value, memory.source.line) == (1024, 4)
    assert isinstance(privileged, Set) and (privileged.value, privileged.source.line) == (True, 2)
    assert [(port.host_port, port.declared_at.line) for port in container.ports] == [(8080, 6), (9090, 2)]
    (note,) = unit.notes
    assert "compose.yaml:2" in note and "apparmor, memory, ports, privileged, proc mount, seccomp otherwise" in note


def test_a_variable_without_a_value_stays_unknown(tmp_path: Path) -> None:
    assert isinstance(read(tmp_path, answering(tmp_path, web=SAME)).containers[0].image, Unknown)


def test_it_is_asked_for_all_profiles_without_shell_and_network(tmp_path: Path) -> None:
    program = stand_in(tmp_path, "print(args, os.environ['COMPOSE_EXPERIMENTAL_GIT_REMOTE'], file=sys.stderr); exit(1)")
    answer = program.config(["a b.yaml", "/c;d.yaml"], "/srv")
    here = os.path.abspath("a b.yaml")
    words = [
        "--project-directory",
        "/srv",
        "-f",
        here,
        "-f",
        "/c;d.yaml",
        "--profile",
        "*",
        "config",
        "--format",
        "json",
    ]
    assert answer == RefusedByCompose(f"{words} false")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("print('{')", "no answer that can be read"),
        ("print('{\"services\": 5}')", "no answer that can be read"),
        ("print('5')", "no answer that can be read"),
        ("print('x' * 17_000_000)", "too long"),
        ("time.sleep(10**6)", "no answer in 1 seconds"),
        ("sys.exit('panic: out of memory\\n\\ngoroutine 1 [running]:\\nmain.main()')", "it crashed"),
        ("os.kill(os.getpid(), 9)", "it crashed"),
    ],
)
def test_where_it_gives_no_answer_ours_is_judged(
    tmp_path: Path, body: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dockworthy.readers.compose.rendering._MOST_SECONDS", 1 if "sleep" in body else patience(5))
    unit = read(tmp_path, stand_in(tmp_path, body))
    (note,) = unit.notes
    assert says in note
    assert unit.containers == read(tmp_path, None).containers


@pytest.mark.parametrize(
    ("says", "place"),
    [
        ("warning\nvalidating /x/compose.yaml: services.db Additional property a is not allowed", "7: "),
        ("yaml: line 3", "2: "),
        ('service "db" refers to undefined network q', "7: "),
        ("services.db.image must be a string", "8: "),
        ("error decoding 'services[db].image': invalid", "8: "),
        ("volumes must be a mapping", "2: "),
        ("", "2: the Compose that is installed here refuses this file: it does not say why"),
    ],
)
def test_what_it_refuses_is_refused_with_the_place_that_it_speaks_of(tmp_path: Path, says: str, place: str) -> None:
    text = "\nname: shop\n\nservices:\n  web:\n    image: shop\n  db:\n    image: postgres\n"
    with pytest.raises(UnreadableInput, match=f"compose.yaml:{re.escape(place)}"):
        read(tmp_path, stand_in(tmp_path, f"sys.exit({says or 1!r})"), text)


def test_what_a_variable_without_a_value_may_mend_is_a_note(tmp_path: Path) -> None:
    (note,) = read(tmp_path, stand_in(tmp_path, "sys.exit('service \"web\" has neither an image nor a build')")).notes
    assert "compose.yaml:2: the Compose that is installed here refuses the project: service" in note


@pytest.mark.parametrize(
    "says",
    [
        "error while interpolating services.web.image: required variable TAG is missing a value: which",
        "env file /srv/web.env not found: stat /srv/web.env: no such file or directory",
    ],
)
def test_what_only_the_host_can_tell_is_no_refusal(tmp_path: Path, says: str) -> None:
    assert not read(tmp_path, stand_in(tmp_path, f"sys.exit({says!r})")).notes


@pytest.mark.parametrize("says", ["in variable name", "unterminated quoted value"])
def test_a_line_of_an_env_file_is_not_repeated(tmp_path: Path, says: str) -> None:
    note = str(read(tmp_path, stand_in(tmp_path, f"sys.exit('line 1: {says} \"hunter2')")).notes)
    assert says in note and "hunter2" not in note


def test_a_program_that_does_not_start_is_said(tmp_path: Path) -> None:
    assert "can't be started" in str(read(tmp_path, ComposeProgram(str(tmp_path / "none"), {})).notes)


def test_it_is_asked_about_so_many_projects_and_no_more(tmp_path: Path) -> None:
    program = answering(tmp_path, web=SAME | {"privileged": True})
    program.left = 1
    assert isinstance(read(tmp_path, program).containers[0].privileged, Set)
    assert isinstance(read(tmp_path, program).containers[0].privileged, Unset)


def test_the_users_own_plugin_comes_first(tmp_path: Path) -> None:
    plugins = tmp_path / ".docker" / "cli-plugins"
    plugins.mkdir(parents=True)
    stand_in(plugins, "pass")
    for environ in ({"HOME": str(tmp_path)}, {"HOME": "/", "DOCKER_CONFIG": str(tmp_path / ".docker")}):
        found = find_compose(environ)
        assert found is not None and found.path == str(plugins / "docker-compose")


@pytest.mark.skipif(find_compose(os.environ) is None, reason="Compose is not installed")
def test_the_real_compose_agrees_and_refuses(tmp_path: Path) -> None:
    assert read(tmp_path, find_compose(os.environ)) == read(tmp_path, None)
    with pytest.raises(UnreadableInput, match=r"compose.yaml:4: the Compose .* refuses this file: .*nowhere"):
        read(tmp_path, find_compose(os.environ), "services:\n  web:\n    image: shop\n    networks: [nowhere]\n")
