"""Files: Compose, Kubernetes, Dockerfile, env files, dockworthy.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockworthy.errors import UnreadableInput, UsageError
from dockworthy.model.field import Unknown
from dockworthy.model.written import Written
from dockworthy.readers.compose.variables import read_dotenv
from dockworthy.readers.dockerfile.build import read_dockerfile
from dockworthy.readers.project_file import parse_project_file
from fuzz.effort import MINUTES, fuzz
from fuzz.inputs import any_of, changed_texts, examples_of, trees_of
from fuzz.judged import judge, read_or_refused
from fuzz.samples import DOCKERFILE, DOTENV, EVERY_KEY, PROJECT_FILE

pytestmark = pytest.mark.timeout(120 + MINUTES * 60 * 3)

TESTS = Path(__file__).parent.parent
SHOP = (TESTS / "readers/compose_projects/shop/compose.yaml").read_text()


def test_compose() -> None:
    texts = [EVERY_KEY, SHOP, *examples_of("compose")]
    fuzz(any_of(texts, trees_of(texts[:2]) * 3 + trees_of(texts)), lambda raw: read_or_refused(raw, "compose.yaml"))


def test_kubernetes() -> None:
    texts = list(examples_of("kubernetes"))
    fuzz(any_of(texts, trees_of(texts)), lambda raw: read_or_refused(raw, "pod.yaml"))


def test_dockerfiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without hadolint, which is a program of its own and takes its time."""
    monkeypatch.setattr("dockworthy.readers.dockerfile.build.lint", lambda *_: Unknown("not asked"))

    def check(raw: bytes) -> None:
        try:
            build = read_dockerfile(raw.decode(errors="replace"), "Dockerfile", path=None)
        except UnreadableInput as error:
            assert error.file == "Dockerfile"
            return
        judge(Written(builds=(build,)))

    fuzz(changed_texts([DOCKERFILE]), check)


def test_env_files() -> None:
    def check(raw: bytes) -> None:
        text = raw.decode(errors="replace")
        for found in read_dotenv(text, {"A": "a"}).values():
            assert 1 <= found.line <= len(text.splitlines())

    fuzz(changed_texts([DOTENV]), check)


def test_project_files() -> None:
    def check(raw: bytes) -> None:
        try:
            parse_project_file(raw.decode(errors="replace"), "dockworthy.yaml")
        except UsageError as error:
            assert "dockworthy.yaml" in error.says

    parse_project_file(PROJECT_FILE, "dockworthy.yaml")  # what is bent is whole before
    fuzz(any_of([PROJECT_FILE], trees_of([PROJECT_FILE])), check)
