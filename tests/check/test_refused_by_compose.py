"""A project that Compose does not load is never worthy, whether Compose is here or only our own reading sees it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from dockworthy.check import check
from dockworthy.cli.run import run
from dockworthy.model.levels import Level
from dockworthy.model.result import Answer
from dockworthy.model.workload import EnginePaths
from dockworthy.readers.compose import find_compose

COMPOSE = find_compose(os.environ)
TIGHT = "services: {web: {image: 'shop@sha256:%s'%s}%s}\n%s"

REFUSED = [
    # what the service says more, further services, what stands below; the line, and the reason in our words
    ("porst: ['80:80']", "", "", 1, "there is no such key; perhaps ports is meant"),
    ("deploy: {replica: 2}", "", "", 1, "there is no such key; perhaps replicas is meant"),
    ("healthcheck: {intervall: 5s}", "", "", 1, "there is no such key; perhaps interval is meant"),
    ("", "", "volums: {data: {}}\n", 2, "there is no such key; perhaps volumes is meant"),
    ("", "", "networks: {a: {internl: true}}\n", 2, "there is no such key; perhaps internal is meant"),
    ("", "", "version: 3.8\n", 2, "it must be a text, and 3.8 is a number: write it in quotes"),
    ("depends_on: [wbe]", "", "", 1, "there is no service 'wbe'; perhaps web is meant"),
    ("depends_on: {db: {condition: service_started}}", "", "", 1, "there is no service 'db'"),
    ("depends_on: [db]", ", db: {image: a, depends_on: [web]}", "", 1, "wait for each other: web -> db -> web"),
    ("links: ['db:database']", "", "", 1, "there is no service 'db'"),
    ("volumes_from: [db]", "", "", 1, "there is no service 'db'"),
    ("network_mode: 'service:db'", "", "", 1, "there is no service 'db'"),
    ("networks: [back]", "", "networks: {bakc: {}}\n", 1, "is not declared under `networks`; perhaps bakc is meant"),
    ("networks: {back: {aliases: [a]}}", "", "", 1, "the network 'back' is not declared"),
    ("volumes: ['data:/data']", "", "", 1, "the volume 'data' is not declared under `volumes`"),
    ("volumes: [{type: volume, source: data, target: /data}]", "", "", 1, "the volume 'data' is not declared"),
    ("secrets: [key]", "", "", 1, "the secret 'key' is not declared under `secrets`"),
    ("configs: [{source: app, target: /app}]", "", "", 1, "the config 'app' is not declared under `configs`"),
    ("healthcheck: {test: [CMD, curl, 8000]}", "", "", 1, "it must be a text, and 8000 is a number"),
    ("healthcheck: {test: [curl, x]}", "", "", 1, "it must begin with CMD, CMD-SHELL or NONE"),
    ("command: [sleep, 5]", "", "", 1, "it must be a text, and 5 is a number"),
    ("user: 1000", "", "", 1, "it must be a text, and 1000 is a number"),
    ("restart: false", "", "", 1, "it must be a text, and false is a truth value"),
    ("network_mode: host, networks: [default]", "", "", 1, "`network_mode` and `networks` exclude each other"),
    ("", ", db: {command: x}", "", 1, "it has neither an image nor a build"),
]

LOADED = [
    ("restart: no, user: '1000', command: [sleep, '5'], init: true, labels: {a: 1, b: true}", "", ""),
    ("environment: {A: 1, B: true, C: null}, ports: [80, '81:81'], group_add: [5], mem_limit: 1073741824", "", ""),
    ("depends_on: [db], links: ['db:d'], network_mode: 'service:db'", ", db: {build: .}", ""),
    ("volumes: ['./a:/a', '/b:/b', 'd:/d', /c, '~/e:/e'], volumes_from: ['container:x']", "", "volumes: {d: }\n"),
    ("networks: {default: null, back: null}, secrets: [key], configs: [{source: app}]", "",
     "networks: {back: null}\nsecrets: {key: {file: ./k}}\nconfigs: {app: {file: ./a}}\n"),
    ("x-mine: 1, healthcheck: {test: [CMD, x], interval: 30s, retries: 3}, cpus: 0.5, shm_size: 64m", "", "x-a: 1\n"),
    ("healthcheck: {test: x, disable: false}, expose: [80], dns: 192.0.2.5, logging: {options: {max-file: 3}}", "", ""),
    ("depends_on: {db: {condition: service_healthy, required: true}}", ", db: {image: a}", "version: '3.8'\n"),
]  # fmt: skip


def written(folder: Path, more: str, others: str, below: str) -> str:
    text = TIGHT % ("1" * 64, f", {more}" if more else "", others, below)
    file = folder / "compose.yaml"
    file.write_text(text)
    return str(file)


@pytest.mark.parametrize(("more", "others", "below", "line", "says"), REFUSED, ids=lambda value: str(value)[:40])
def test_our_own_reading_refuses_it_with_file_line_and_reason(
    tmp_path: Path, more: str, others: str, below: str, line: int, says: str
) -> None:
    file = written(tmp_path, more, others, below)
    result = check([file], level=Level.BASELINE)
    ((name, why),) = result.unread
    assert name == file and why.startswith(f"{file}:{line}: Compose would refuse this file: ") and says in why
    assert result.verdict.answer is not Answer.YES


@pytest.mark.parametrize(("more", "others", "below"), LOADED, ids=lambda value: str(value)[:40])
def test_what_compose_loads_is_judged(tmp_path: Path, more: str, others: str, below: str) -> None:
    file = written(tmp_path, more, others, below)
    assert not check([file], level=Level.BASELINE).unread
    if COMPOSE is not None:
        done = subprocess.run([*COMPOSE.command([file], str(tmp_path))], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


@pytest.mark.skipif(COMPOSE is None, reason="Compose is not installed")
@pytest.mark.parametrize(("more", "others", "below", "line", "says"), REFUSED, ids=lambda value: str(value)[:40])
def test_compose_refuses_it_and_its_reason_is_told_in_the_same_line(
    tmp_path: Path, more: str, others: str, below: str, line: int, says: str
) -> None:
    file = written(tmp_path, more, others, below)
    ((_, why),) = check([file], level=Level.BASELINE, asking_compose=True).unread
    assert why.startswith(f"{file}:{line}: the Compose that is installed here refuses this file: ")


@pytest.mark.parametrize("render", ["own", "auto"])
@pytest.mark.parametrize("more", [(), ("-q",), ("--format", "json")])
def test_the_exit_status_is_2_and_the_reason_is_shown(
    tmp_path: Path, render: str, more: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, "porst: ['80:80']", "", "")
    assert run(["check", "--level", "baseline", "--render", render, *more, file]) == 2
    shown = " ".join(capsys.readouterr().out.split())
    assert "porst" in shown and f"{file}:1" in shown.replace("- ", "-").replace(" ", "") + shown


def test_in_a_folder_the_others_are_judged_and_the_status_is_2(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "compose.yaml").write_text("services: {web: {image: shop, depends_on: [nope]}}\n")
    (tmp_path / "b.yaml").write_text("services: {web: {image: shop}}\n")
    result = check([str(tmp_path)], level=Level.BASELINE)
    assert [subject.id.rpartition("/")[2] for subject in result.subjects] == ["b.yaml#web"]
    assert result.verdict.answer is not Answer.YES and len(result.unread) == 1


def test_what_one_file_of_a_project_declares_another_may_name(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services: {web: {image: shop, networks: [back]}}\ninclude: [db.yaml]\n")
    (tmp_path / "compose.override.yaml").write_text("networks: {back: {}}\nservices: {web: {depends_on: [db]}}\n")
    (tmp_path / "db.yaml").write_text("services: {db: {image: postgres}}\n")
    assert not check([str(tmp_path / "compose.yaml")], level=Level.BASELINE).unread


@pytest.mark.parametrize("asking", [False, True])
def test_a_file_that_a_folder_holds_may_be_a_part_of_a_project(tmp_path: Path, asking: bool) -> None:
    """It is extended, or laid over another one by `-f`: that one brings what it lacks. A wrong key stays wrong."""
    base = tmp_path / "base.yaml"
    base.write_text("services: {web: {build: ., init: true, networks: [back], depends_on: [db]}}\n")
    (tmp_path / "compose.yaml").write_text("services: {web: {image: a}}\n")
    assert not check([str(tmp_path)], level=Level.BASELINE, asking_compose=asking).unread
    assert check([str(base)], level=Level.BASELINE, asking_compose=asking).unread, "by itself Compose does not load it"
    base.write_text("services: {web: {build: ., inti: true, depends_on: [db]}}\n")
    ((name, _),) = check([str(tmp_path)], level=Level.BASELINE, asking_compose=asking).unread
    assert name == str(base)


@pytest.mark.parametrize("key", ["depends_on", "networks", "links"])
def test_a_variable_without_a_value_is_no_fault(tmp_path: Path, key: str) -> None:
    (tmp_path / "compose.yaml").write_text(f"services: {{web: {{image: '${{I}}', {key}: ['${{N}}']}}}}\n")
    assert not check([str(tmp_path / "compose.yaml")], level=Level.BASELINE).unread


def test_a_deploy_takes_nothing_unjudged_for_worthy(tmp_path: Path) -> None:
    from types import SimpleNamespace

    from dockworthy.cli.deploying import gate_of
    from dockworthy.errors import UsageError
    from dockworthy.model.deploy_settings import DeploySettings
    from dockworthy.model.policy import ProjectFile

    file = written(tmp_path, "porst: ['80:80']", "", "")
    judge = gate_of(ProjectFile(), SimpleNamespace(level=Level.BASELINE, settings=DeploySettings()))  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="porst"):
        judge(SimpleNamespace(files=[file]), {}, EnginePaths())  # type: ignore[arg-type]


def test_the_json_result_names_file_and_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path, "depends_on: [nope]", "", "")
    assert run(["check", "--format", "json", "--render", "own", file]) == 2
    (unread,) = json.loads(capsys.readouterr().out)["unread"]
    assert unread["input"] == file and "there is no service 'nope'" in unread["why"]
