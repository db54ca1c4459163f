"""Messages say what is allowed, with an example: no regular expression, no words of the YAML parser."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from dockworthy.check import check
from dockworthy.errors import UnreadableInput
from dockworthy.model.deploy_settings import ALLOWED
from dockworthy.model.levels import Level
from dockworthy.model.policy import ProjectFile
from dockworthy.readers.project_file import parse_project_file

ROUTE = "deploy: {{routes: [{{host: {host}, service: web, port: {port}}}]}}"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("deploy: {observe: soon}", "deploy.observe: expected a duration, as `30s`, `500ms` or `1h30m`"),
        ("deploy: {objectives: {p95: fast}}", "deploy.objectives.p95: expected a duration, as `30s`"),
        (ROUTE.format(host="'shop_x!'", port=80), "expected a host name, as `shop.example.com`"),
        (ROUTE.format(host="a" * 300, port=80), "expected text of at most 253 characters"),
        (ROUTE.format(host="a.example.com", port=80000), "expected a whole number of at most 65535"),
        ("deploy: {edge: {http: eighty}}", "expected true or false or a whole number, got text"),
        (
            "deploy: {routes: [{host: a.example.com, service: web, port: 80, headers: {'@': x}}]}",
            "expected the name of an HTTP header, as `X-Frame-Options`",
        ),
        ("deploy: [1", "the list that begins with `[` is not closed, as in `[80, 443]`"),
        ("deploy: {a: 1", "the mapping that begins with `{` is not closed"),
        ("\tdeploy: 1", "indent by spaces"),
        ("deploy: a: b", "put a value that holds `: ` in quotes"),
        ('deploy: "x', "a quote that is not closed"),
        ("deploy:\n   a: 1\n  b: 2", "the indentation does not fit the lines above"),
    ],
)
def test_what_is_allowed_is_said_in_words(text: str, says: str) -> None:
    with pytest.raises(UnreadableInput) as refused:
        parse_project_file(text, "dockworthy.yaml")
    message = str(refused.value)
    assert says in message
    assert not any(sign in message for sign in ("regex", "(?", "while parsing", "while scanning", "token"))


OF_ITS_OWN_READER = {r"^/[^:]*(:ro)?$", r"^(user|group|certificate|container):[^ ].*$",
                     r"^[0-9]{1,5}(-[0-9]{1,5})?(/(tcp|udp|sctp))?$"}  # fmt: skip
"""Told to editors by the schema alone; the guard's reader says in words what is wrong."""


def test_every_pattern_has_words_and_an_example() -> None:
    patterns = {part["pattern"] for part in _parts(msgspec.json.schema(ProjectFile)) if "pattern" in part}
    assert len(patterns) > 10 and patterns - OF_ITS_OWN_READER <= set(ALLOWED)
    assert all("`" in words for words in ALLOWED.values())


def _parts(schema: object) -> list[dict[str, object]]:
    inner = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    own = [schema] if isinstance(schema, dict) else []
    return own + [part for each in inner for part in _parts(each)]


@pytest.mark.parametrize("name", ["Dockerfile.py", "Dockerfile.js", "Containerfile.md"])
def test_a_dockerfile_that_is_named_after_a_language_is_judged_in_a_folder(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("FROM python\nUSER root\n")
    assert [Path(subject.file).name for subject in check([str(tmp_path)], level=Level.BASELINE).subjects] == [name]


def test_a_program_about_dockerfiles_is_none(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM python\n")
    (tmp_path / "dockerfile.py").write_text("from shop import build\n\nFROM = 1\n")
    result = check([str(tmp_path)], level=Level.BASELINE)
    assert [Path(subject.file).name for subject in result.subjects] == ["Dockerfile"]
    assert not result.unread
