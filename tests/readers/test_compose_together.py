"""Files that Compose reads as one project are judged once, as one; each finding names the file it stands in."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from dockworthy.check import check
from dockworthy.model.finding import Outcome
from dockworthy.model.levels import Level
from dockworthy.model.result import Result
from dockworthy.readers.compose.together import files_together

BASE = "services:\n  web: {image: 'shop:1'}\n"
OVER = "services:\n  web:\n    privileged: true\n  job: {image: 'job:1'}\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def checked(*paths: str) -> Result:
    return check(paths, level=Level.BASELINE)


def privileged(result: Result) -> list[tuple[str, str, int | None]]:
    """(subject, file, line) of each privileged service."""
    found = [f for f in result.findings if f.control == "workload/privileged" and f.outcome is Outcome.FAIL]
    sources = [finding.evidence[0].source for finding in found]
    return [(f.subject, s.where, s.line) for f, s in zip(found, sources, strict=True) if s is not None]


@pytest.mark.parametrize("path", [".", "compose.yaml", "compose.override.yaml"])
def test_an_override_is_judged_with_the_file_that_it_lies_over(project: Path, path: str) -> None:
    (project / "compose.yaml").write_text(BASE)
    (project / "compose.override.yaml").write_text(OVER)
    result = checked(path)
    assert privileged(result) == [("compose.yaml#web", "compose.override.yaml", 3)]
    assert [subject.id for subject in result.subjects] == ["compose.yaml#web", "compose.override.yaml#job"]
    assert any("compose.yaml, compose.override.yaml: judged as one project" in note for note in result.notes)
    assert any("Compose lays it over compose.yaml" in note for note in result.notes) == (path == ".")


def test_all_of_them_named_together_are_one_project_too(project: Path) -> None:
    (project / "docker-compose.yml").write_text(BASE)
    (project / "docker-compose.override.yml").write_text(OVER)
    result = checked("docker-compose.override.yml", "docker-compose.yml")
    assert [subject.id for subject in result.subjects] == ["docker-compose.yml#web", "docker-compose.override.yml#job"]


def test_what_an_override_adds_does_not_reach_those_that_extend_the_service(project: Path) -> None:
    """Compose resolves `extends` in each file alone, and merges then (compose-go, loader.loadYamlModel)."""
    (project / "compose.yaml").write_text(BASE + "  worker: {extends: {service: web}, command: work}\n")
    (project / "compose.override.yaml").write_text(OVER)
    result = checked(".")
    assert privileged(result) == [("compose.yaml#web", "compose.override.yaml", 3)]
    (project / "compose.override.yaml").write_text("services:\n  other: {extends: web}\n")
    (_, says), *_ = checked(".").unread
    assert "compose.override.yaml" in says and "no service 'web' to extend" in says


def test_the_list_in_env_outranks_the_names(project: Path) -> None:
    for name, text in {"a.yaml": BASE, "b.yaml": OVER, "compose.yaml": BASE, "compose.override.yaml": OVER}.items():
        (project / name).write_text(text)
    (project / ".env").write_text("COMPOSE_FILE=a.yaml;b.yaml\nCOMPOSE_PATH_SEPARATOR=;\n")
    assert files_together("b.yaml") == ["a.yaml", "b.yaml"]
    assert files_together("compose.yaml") == ["compose.yaml"]
    assert privileged(checked("a.yaml")) == [("a.yaml#web", "b.yaml", 3)]


def test_other_names_stand_alone(project: Path) -> None:
    for name in ("compose.yaml", "compose.prod.yaml"):
        (project / name).write_text(BASE)
    assert [files_together(name) for name in ("compose.yaml", "compose.prod.yaml")] == [
        ["compose.yaml"],
        ["compose.prod.yaml"],
    ]


def test_a_broken_override_is_named(project: Path) -> None:
    (project / "compose.yaml").write_text(BASE)
    (project / "compose.override.yaml").write_text("services: [\n")
    result = checked("compose.yaml")
    assert "compose.override.yaml:" in dict(result.unread)["compose.yaml"]
    (project / "compose.override.yaml").write_text("- a\n")
    assert "not a Compose file" in dict(checked("compose.yaml").unread)["compose.yaml"]


def test_a_list_in_env_of_a_file_that_is_not_there_is_said(project: Path) -> None:
    (project / "compose.yaml").write_text(BASE)
    (project / ".env").write_text("COMPOSE_FILE=compose.yaml:gone.yaml\n")
    assert "gone.yaml: can't be read" in dict(checked("compose.yaml").unread)["compose.yaml"]


def test_an_env_file_that_is_no_text_is_said(project: Path) -> None:
    (project / "compose.yaml").write_text(BASE)
    (project / ".env").write_bytes(b"A=\xff\n")
    assert files_together("compose.yaml") == ["compose.yaml"]
    assert ".env:1: not UTF-8" in dict(checked("compose.yaml").unread)["compose.yaml"]


def test_documents_of_one_file_lie_over_each_other(project: Path) -> None:
    (project / "compose.yaml").write_text(f"{BASE}---\n{OVER}")
    result = checked("compose.yaml")
    assert privileged(result) == [("compose.yaml#web", "compose.yaml", 6)]
    if shutil.which("docker") is None:
        pytest.skip("docker is not installed")
    config = subprocess.run(["docker", "compose", "config"], cwd=project, capture_output=True, text=True)
    if config.returncode:
        pytest.skip("Compose is not installed")
    assert config.stdout.count("privileged: true") == 1 and config.stdout.count("image:") == 2


def rights(result: Result) -> list[tuple[str, str]]:
    """(what a build is granted, file) of `web`."""
    found = [f for f in result.findings if f.control == "workload/build-grants" and f.outcome is Outcome.FAIL]
    evidence = [each for finding in found for each in finding.evidence]
    return sorted((e.says.rpartition(": ")[0], e.source.where) for e in evidence if e.source)


@pytest.mark.parametrize(
    ("over", "granted"),
    [
        ("./other", ["build.network: host", "build.privileged: true"]),
        ("{context: ./other}", ["build.network: host", "build.privileged: true"]),
        ("{network: none}", ["build.privileged: true"]),
        ("{privileged: false, entitlements: [device]}", ["build.entitlements: device", "build.network: host"]),
        ("!override ./other", []),
        ("!reset null", []),
    ],
)
def test_a_build_keeps_its_rights_below_another_that_is_laid_over_it(
    project: Path, over: str, granted: list[str]
) -> None:
    """As `docker compose config` shows it."""
    (project / "compose.yaml").write_text(
        "services:\n  web:\n    image: shop\n    build: {context: ., privileged: true, network: host}\n"
    )
    (project / "compose.override.yaml").write_text(f"services:\n  web:\n    build: {over}\n")
    assert [says for says, _ in rights(checked("."))] == granted


def test_a_longer_build_is_laid_over_a_short_one(project: Path) -> None:
    (project / "compose.yaml").write_text("services: {web: {build: ./web}}\n")
    (project / "compose.override.yaml").write_text("services: {web: {build: {network: host}}}\n")
    assert rights(checked(".")) == [("build.network: host", "compose.override.yaml")]


def test_a_variable_in_the_rest_of_a_build_hides_no_right(project: Path) -> None:
    (project / "compose.yaml").write_text(
        "services: {web: {image: shop, build: {context: '${WHERE}', args: {A: '${B}'}, network: none}}}\n"
    )
    (found,) = (f for f in checked(".").findings if f.control == "workload/build-grants")
    assert found.outcome is Outcome.PASS
