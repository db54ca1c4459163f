"""Secrets in a project's files: found where they spread, said without a word of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockworthy.cli.run import run
from dockworthy.facts.file_secrets import secrets_in

TOKEN = "ghp_" + "a8Kd02LmQ9xTz4RvB7nYpW3sHc6EfJgU1iOq"
PASSWORD = "Tr0ub4dor-3"
LINE = "MHcCAQEEIKq3mZ0vX7cR1uYb9sLw4TfPpJdHn6eGk2iVxWQoBy8r"
KEY = f"-----BEGIN EC PRIVATE KEY-----\n{LINE}\n{LINE[::-1]}\n-----END EC PRIVATE KEY-----\n"
COMPOSE = "services:\n  web: {image: shop}\n"
BUILT = "services:\n  web: {build: .}\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lay(**files: str) -> None:
    for name, text in files.items():
        path = Path(name.replace("__", "/").replace("_dot_", "."))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def found(*arguments: str, capsys: pytest.CaptureFixture[str]) -> set[tuple[str, str, int | None]]:
    """(control, file, line) of what fails in files as such."""
    capsys.readouterr()
    run(["check", "--format", "json", *arguments])
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return {
        (finding["control"].removeprefix("file/"), finding["subject"], finding["evidence"]["line"])
        for finding in result["findings"]
        if finding["control"].startswith("file/") and finding["outcome"] == "fail"
    }


@pytest.mark.parametrize(
    ("text", "is_key"),
    [
        (KEY, True),
        (KEY.replace("\n", "\n    "), True),
        (f'{{"key": "{KEY}"}}'.replace("\n", "\\n"), True),
        (KEY.replace("KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\n\n", 1), True),
        (KEY.split("-----END")[0], True),
        (f"# begins with -----BEGIN RSA PRIVATE KEY-----\n# or so\nname: {LINE}\na: |\n  {LINE}\n  {LINE}\n", False),
        ("-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----\n" + f"{LINE}\n" * 3, False),
    ],
)  # fmt: skip
def test_a_text_that_speaks_of_keys_holds_none(text: str, is_key: bool) -> None:
    assert bool(secrets_in(text, "values.yaml", set())) == is_key


def test_each_kind_at_its_line(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay(compose_dot_yaml=COMPOSE, deploy__key=f"# of the server\n{KEY}", ci_dot_sh=f"set -e\n\nT={TOKEN}\n")
    lay(_dot_env=f"TAG=1\nDB_PASSWORD={PASSWORD}\n", run_dot_sh=f"psql postgres://shop:{PASSWORD}@db/shop\n")
    assert found(".", capsys=capsys) == {
        ("private-keys", "deploy/key", 2),
        ("tokens", "ci.sh", 3),
        ("env-in-repository", ".env", 2),
        ("passwords-in-urls", "run.sh", 1),
    }


@pytest.mark.parametrize("format_", ["table", "json", "sarif", "html", "markdown"])
def test_no_report_holds_a_value(here: Path, capsys: pytest.CaptureFixture[str], format_: str) -> None:
    lay(
        compose_dot_yaml=f"services:\n  web: {{image: shop, labels: {{t: {TOKEN}}}}}\nx-note: [a, '{TOKEN}']\n", key=KEY
    )
    lay(_dot_env=f"DB_PASSWORD={PASSWORD}\n", run_dot_sh=f"psql postgres://shop:{PASSWORD}@db/shop {TOKEN}\n")
    run(["check", "-v", "--format", format_, "."])
    said = capsys.readouterr()
    for secret in (TOKEN, PASSWORD, LINE, LINE[::-1], TOKEN[4:20]):
        assert secret not in said.out + said.err


def test_what_git_ignores_does_not_spread(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay(_dot_gitignore=".env\n*.key\n", compose_dot_yaml=COMPOSE, _dot_env=f"DB_PASSWORD={PASSWORD}\n", a_dot_key=KEY)
    assert found(".", capsys=capsys) == set()
    assert found("--no-ignore", ".", capsys=capsys) == set()
    assert found("compose.yaml", capsys=capsys) == set()


def test_the_env_file_beside_a_named_file(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay(compose_dot_yaml=COMPOSE, _dot_env=f"DB_PASSWORD={PASSWORD}\n")
    assert found("compose.yaml", capsys=capsys) == {("env-in-repository", ".env", 1)}


def test_outside_of_a_repository_only_what_is_judged_counts(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / ".git").rmdir()
    lay(compose_dot_yaml=COMPOSE + f"x-key: |\n  {KEY.replace(chr(10), chr(10) + '  ')}\n", server_dot_key=KEY)
    assert found(".", capsys=capsys) == {("private-keys", "compose.yaml", 4)}


def test_one_fault_one_finding(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay(compose_dot_yaml=f"services:\n  web:\n    image: shop\n    environment:\n      GITHUB_TOKEN: {TOKEN}\n")
    assert found("compose.yaml", capsys=capsys) == set(), "workload/environment-secrets says it"
    lay(compose_dot_yaml=f"services:\n  web:\n    image: shop\n    labels:\n      x: {TOKEN}\n")
    assert found("compose.yaml", capsys=capsys) == {("tokens", "compose.yaml", 5)}


@pytest.mark.parametrize(
    ("copies", "ignored", "taken"),
    [
        ("COPY . /app", "", True),
        ('COPY --chown=1:1 ["./", "/app/"]', "", True),
        ("ADD conf /app", "", True),
        ("COPY conf/*.env /app/", "", True),
        ("COPY \\\n  conf \\\n  /app/", "", True),
        ("COPY src /app", "", False),
        ("COPY --from=base / /app", "", False),
        ("COPY . /app", "conf\n", False),
        ("COPY . /app", "/conf/*.env\n", False),
        ("COPY . /app", "**/*.env\n", False),
        ("COPY . /app", "*\n!src\n", False),
        ("COPY . /app", "*.env\n", True),
        ("COPY . /app", "*\n!conf/web.env\n", True),
        ("COPY . /app", "# conf\n\nconf/other\n", True),
    ],
)
def test_what_a_build_takes_in(
    here: Path, capsys: pytest.CaptureFixture[str], copies: str, ignored: str, taken: bool
) -> None:
    lay(_dot_gitignore="*.env\n", compose_dot_yaml=BUILT, conf__web_dot_env=f"DB_PASSWORD={PASSWORD}\n")
    lay(Dockerfile=f"FROM debian:13\n{copies}\n", _dot_dockerignore=ignored)
    expected = {("env-in-build-context", "conf/web.env", 2)} if taken else set()
    assert found("compose.yaml", capsys=capsys) == expected


def test_a_dockerfile_has_an_ignore_file_of_its_own(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay(_dot_gitignore=".env\n", compose_dot_yaml=BUILT, _dot_env=f"DB_PASSWORD={PASSWORD}\n", _dot_dockerignore="*\n")
    lay(Dockerfile="FROM debian:13\nCOPY . /app\n", Dockerfile_dot_dockerignore="src\n")
    assert found("compose.yaml", capsys=capsys) == {("env-in-build-context", ".env", 2)}


@pytest.mark.parametrize(
    "value",
    [
        "changeme",
        "<password>",
        "${PASSWORD}",
        "xxxx",
        "your-password",
        "password",
        "***",
        "",
        "ENC[AES256_GCM,data:q8-Rabbits,type:str]",
        "op://vault/db/password",
    ],
)
def test_what_stands_for_a_password_is_none(value: str) -> None:
    assert secrets_in(f"DB_PASSWORD={value}\nA=postgres://a:{value}@db/x\n", ".env", set()) == ()


@pytest.mark.parametrize("value", ["apple-Pie-7", "p%40ssw0rd1", "the3rdMan", "Summer2026!", "S3cr3t$x"])
def test_what_looks_like_a_sample_and_is_none(value: str) -> None:
    assert len(secrets_in(f"DB_PASSWORD={value}\n", ".env", set())) == 1


@given(st.text(max_size=400), st.sampled_from([".env", "a.sh", "b.yaml"]))
def test_any_text_can_be_looked_through(text: str, name: str) -> None:
    values: set[str] = set()
    for secret in secrets_in(text, name, values):
        assert secret.source.line is not None and 1 <= secret.source.line <= text.count("\n") + 1
        assert not any(len(value) > 12 and value in secret.says for value in values)
