"""`check --format …` from the command line to the file: every format, in a repository, without one secret."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from dockworthy.cli.formats import FORMATS, links_from, repository_root
from dockworthy.cli.run import run

CANARY = "c4nary"

COMPOSE = """\
services:
  web:
    image: shop
    privileged: true
    environment:
      DB_PASSWORD: c4nary two c4nary words
      DATABASE_URL: postgres://shop:c4nary@db/shop
    labels: {com.example.token: c4nary-and-more}
    user: root # the password is c4nary
  db:
    image: postgres:16 # c4nary
    environment: [POSTGRES_PASSWORD=c4nary, PGDATA=/data]
    command: ["postgres", "--password", "c4nary"]
    healthcheck: {test: [CMD, mysqladmin, -pc4nary, ping], interval: 0s}
    ports: ["5432:5432"] # DB_PASSWORD=c4nary
  cache: {image: redis, command: redis-server --requirepass c4nary, privileged: true, environment: {A: "c4nary"}}
"""


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a Compose file in a folder, in which the command runs."""
    (tmp_path / ".git").mkdir()
    folder = tmp_path / "deploy"
    folder.mkdir()
    (folder / "compose.yaml").write_text(COMPOSE)
    monkeypatch.chdir(folder)
    for name in ("GITHUB_SERVER_URL", "CI_PROJECT_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def checked(format_: str, *more: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert run(["check", "--format", format_, *more, "compose.yaml"]) == 1
    out, err = capsys.readouterr()
    assert CANARY not in err
    return out


@pytest.mark.parametrize("format_", ["table", *FORMATS])
@pytest.mark.parametrize("more", [(), ("-v",)], ids=["brief", "verbose"])
def test_no_format_shows_a_secret(format_: str, more: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    out = checked(format_, *more, capsys=capsys)
    assert "privileged" in out
    assert CANARY not in out


def test_the_line_and_its_caret(capsys: pytest.CaptureFixture[str]) -> None:
    lines = checked("table", "-v", capsys=capsys).splitlines()
    found = next(number for number, line in enumerate(lines) if line.endswith("|     privileged: true"))
    assert lines[found + 1].endswith("|                 ^^^^")
    assert "compose.yaml:4:17 2 services" in " ".join(checked("table", capsys=capsys).split())


def test_files_are_named_from_the_repositorys_root(capsys: pytest.CaptureFixture[str]) -> None:
    assert "::error file=deploy/compose.yaml,line=4" in checked("github", capsys=capsys)
    issues = json.loads(checked("gitlab", capsys=capsys))
    assert {issue["location"]["path"] for issue in issues} == {"deploy/compose.yaml"}
    (run_,) = json.loads(checked("sarif", capsys=capsys))["runs"]
    places = [result["locations"][0]["physicalLocation"]["artifactLocation"] for result in run_["results"]]
    assert {place["uri"] for place in places} == {"deploy/compose.yaml"}
    cases = ElementTree.fromstring(checked("junit", capsys=capsys)).iter("testcase")
    assert {case.get("file", "deploy/compose.yaml") for case in cases} == {"deploy/compose.yaml"}
    assert "(deploy/compose.yaml#L4)" in checked("markdown", capsys=capsys)


def test_a_result_for_a_baseline_keeps_the_names_as_they_were_given(capsys: pytest.CaptureFixture[str]) -> None:
    assert {subject["file"] for subject in json.loads(checked("json", capsys=capsys))["subjects"]} == {"compose.yaml"}


def test_an_absolute_name_is_relative_in_a_report(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["check", "--format", "gitlab", str(repository / "deploy/compose.yaml")])
    out = capsys.readouterr().out
    assert str(repository) not in out
    assert {issue["location"]["path"] for issue in json.loads(out)} == {"deploy/compose.yaml"}


def test_annotations_are_all_that_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    out = checked("github", capsys=capsys)
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in out.splitlines())


def test_a_broken_file_is_in_every_report(capsys: pytest.CaptureFixture[str]) -> None:
    Path("compose.yaml").write_text("services:\n  web: {image: [\n")
    assert run(["check", "--format", "github", "compose.yaml"]) == 2
    assert "::error file=deploy/compose.yaml,line=" in capsys.readouterr().out
    assert run(["check", "--format", "junit", "compose.yaml"]) == 2
    assert ElementTree.fromstring(capsys.readouterr().out).attrib["errors"] == "1"
    assert run(["check", "--format", "gitlab", "compose.yaml"]) == 2
    assert [issue["check_name"] for issue in json.loads(capsys.readouterr().out)] == ["dockworthy/unread"]


def test_where_a_line_can_be_read_is_known_from_the_pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    github = {"GITHUB_SERVER_URL": "https://git.example", "GITHUB_REPOSITORY": "a/b", "GITHUB_SHA": "c0ffee"}
    assert links_from(github) == "https://git.example/a/b/blob/c0ffee/"
    gitlab = {"CI_PROJECT_URL": "https://lab.example/a/b", "CI_COMMIT_SHA": "c0ffee"}
    assert links_from(gitlab) == "https://lab.example/a/b/-/blob/c0ffee/"
    assert links_from({}) == links_from({**github, "GITHUB_SHA": ""}) == ""
    assert links_from({**github, "GITHUB_SERVER_URL": "javascript:alert(1)"}) == ""


def test_the_repositorys_root(repository: Path) -> None:
    assert repository_root(str(repository / "deploy")) == str(repository)
    (repository / ".git").rmdir()
    assert repository_root(str(repository / "deploy")) == str(repository / "deploy")
