"""Lines that findings point to: what was read, and no secret in any of them."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockworthy.check import check
from dockworthy.facts.quoting import quoted_lines, without_secrets
from dockworthy.model.finding import Outcome
from dockworthy.model.fix import Edit, Fix, FixKind
from dockworthy.model.levels import Level
from facts.quoted import CANARY, citing, quoted


def test_a_line_is_shown_as_it_was_read() -> None:
    assert quoted("services:\n\tweb: {}\n") == ["", "", ""]  # a tab there is no YAML: nobody knows what it means
    text = "services:\n  web:\n    image: 'shöp'  # ours\n    privileged: true\r\n"
    assert quoted(text) == ["services:", "  web:", "    image: 'shöp'", "    privileged: true", ""]


@pytest.mark.parametrize("outcome", [Outcome.PASS, Outcome.NOT_APPLICABLE])
def test_lines_of_what_is_well_are_left_out(outcome: Outcome) -> None:
    assert quoted_lines([citing("a.yaml", 1, outcome)], {"a.yaml": "a: b\n"}.get, ()) == {}


SECRETS = [
    "services: {web: {environment: {DB_PASSWORD: c4nary}}}",
    "environment:\n  DB_PASSWORD: c4nary two words c4nary\n  A: b",
    "environment:\n  - DB_PASSWORD=c4nary two c4nary words\n  - A=b",
    'environment:\n  "DB_PASSWORD": "c4nary \\"quoted\\" c4nary"',
    "environment:\n  DB_PASSWORD: >-\n    c4nary\n    c4nary",
    'environment:\n  DB_PASSWORD: "c4nary\n    c4nary"',
    "environment:\n  DB_PASSWORD:\n    c4nary",
    "environment:\n  ? DB_PASSWORD\n  : c4nary",
    "environment:\n  DB_PASSWORD: ${DB_PASSWORD:-c4nary}",
    "environment:\n  DATABASE: ${DB_PASSWORD-c4nary}",
    "environment:\n  DATABASE_URL: postgres://shop:c4nary@db/shop",
    "env:\n- name: DB_PASSWORD\n  value: c4nary",
    'env: [{"value": "c4nary", "name": "DB_PASSWORD"}]',
    '{"env": [\n{"name": "DB_PASSWORD",\n"value": "c4nary"}]}',
    "kind: Secret\ndata:\n  a: c4nary\n  b: [c4nary]",
    "kind: Secret\nstringData:\n  a: |\n    c4nary\n    c4nary",
    "command: [redis-server, --requirepass, c4nary]",
    "command:\n- redis-server\n- --requirepass\n- c4nary",
    "command: redis-server --requirepass c4nary",
    "command: [sh, -c, 'mysqladmin -pc4nary ping']",
    "healthcheck:\n  test: [CMD, mysqladmin, ping, -pc4nary]",
    "healthcheck:\n  test:\n  - CMD\n  - mysqladmin\n  - ping\n  - -pc4nary",
    "x-credentials:\n  name: c4nary\n  list:\n  - c4nary\n  - {a: c4nary}",
    "credentials: &c\n  name: c4nary\nweb: *c",
    "image: shop # the password is c4nary",
    "image: shop\n# c4nary",
    "image: shop # DB_PASSWORD=c4nary",
    "labels:\n  com.example.api-key: c4nary-0123456789-abcdef",
    "labels:\n- com.example.token=c4nary",
    "key: !!binary YzRuYXJ5\npassword: !!binary c4nary",
    "configs:\n  a:\n    content: |\n      password = c4nary",
    "script: |\n  #!/bin/sh\n  export DB_PASSWORD=c4nary",
    "annotations:\n  last: '" + '{"name":"DB_PASSWORD","value":"c4nary"}' + " " * 300 + "'",
    "a: ghp_c4nary" + "0" * 30,
]


@pytest.mark.parametrize("text", SECRETS)
def test_no_secret_is_shown(text: str) -> None:
    assert CANARY in text
    assert CANARY not in "\n".join(quoted(text))


FILES = [
    ("Dockerfile", "FROM debian\nENV DB_PASSWORD=c4nary two c4nary\n"),
    ("Dockerfile", "FROM debian\nENV DB_PASSWORD c4nary two c4nary\n"),
    ("Dockerfile", "FROM debian\nARG TOKEN=c4nary\n"),
    ("Dockerfile", "FROM debian\nRUN curl -u shop:c4nary https://example.com\n"),
    ("Dockerfile", 'FROM debian\nCMD ["mysqladmin", "-pc4nary"]\n'),
    ("Dockerfile", "FROM debian\nRUN docker login -u shop -p c4nary registry.example.com\n"),
    (".env", "DB_PASSWORD=c4nary with blanks c4nary\n"),
    (".env", "export DB_PASSWORD='c4nary'\n"),
    (".env", "DB_PASSWORD: c4nary\n"),
]


@pytest.mark.parametrize(("file", "text"), FILES)
def test_no_secret_of_another_file_is_shown(file: str, text: str) -> None:
    assert CANARY not in "\n".join(quoted(text, file=file))


@pytest.mark.parametrize("many", [0, 500])
def test_what_was_found_to_be_a_secret_is_one_everywhere(many: int) -> None:
    others = [f"other-{number}" for number in range(many)]
    shown = quoted("image: shop\nhostname: c4nary\nlabels: {a: b, c: c4nary}\n", secrets=[CANARY, *others])
    assert shown[0] == "image: shop"
    assert CANARY not in "\n".join(shown)


@pytest.mark.parametrize("password", ["gitea", "postgres", "web"])
def test_a_password_that_is_a_word_hides_no_other_word(password: str) -> None:
    """It is hidden where it is the password; the image of the same name stays."""
    text = f"services:\n  {password}:\n    image: docker.io/{password}\n    environment:\n      DB_PASSWORD: {password}"
    shown = quoted(text + f"\n      DB_USER: {password}\n", secrets=[password])
    assert shown[:3] == text.split("\n")[:3] and shown[5] == f"      DB_USER: {password}"
    assert shown[4] == "      DB_PASSWORD: ***"


def test_a_short_secret_with_digits_is_hidden_as_a_whole_word_only() -> None:
    shown = quoted("image: shop/w3b:1\nlabels: {a: b, c: w3b}\n", secrets=["w3b"])
    assert shown[0] == "image: shop/w3b:1"
    shown = quoted("image: shop/w3b1:1\nlabels: {a: b, c: w3b1}\n", secrets=["w3b1"])
    assert shown[:2] == ["image: shop/w3b1:1", "labels: {a: b, c: ***"]


def test_a_secret_ends_its_line() -> None:
    text = "a: {image: shop, DB_PASSWORD: c4nary, privileged: true}\nb:\n- DB_PASSWORD=c4nary\n- c: 1\n"
    assert quoted(text) == ["a: {image: shop, DB_PASSWORD: ***", "b:", "- DB_PASSWORD=***", "- c: 1", ""]


def test_names_and_references_are_no_secrets() -> None:
    text = "secrets:\n- db_password\nenv: {secretKeyRef: {name: db}}\nDB_PASSWORD: $DB_PASSWORD\ncap_add: [SYS_ADMIN]"
    assert quoted(text) == text.split("\n")
    text = "secrets:\n  db_password:\n    file: ./secrets/db\n  api_token:\n    environment: API_TOKEN"
    assert quoted(text) == text.split("\n")
    assert quoted("secrets:\n  db_password:\n    content: c4nary")[2] == "    content: ***"


def test_what_is_called_a_secret_and_was_not_found_is_not_shown() -> None:
    assert quoted("x: unheard-of\ny: 1", control="file/secrets") == ["", ""]


def test_a_file_is_shown_up_to_the_secret_that_was_found_in_it() -> None:
    one = citing("notes.txt", 1, control="file/secrets", kind="file", column=8)
    assert quoted_lines([one], {"notes.txt": "so: a: c4nary"}.get, ()) == {"notes.txt": {1: "so: a: ***"}}


def test_lines_that_nobody_reads_are_left_out() -> None:
    assert quoted("a: 1\nb: [" + "1, " * 1000 + "1]\nc: 1") == ["a: 1", "", "c: 1"]


@pytest.mark.parametrize("mark", ["\r", "\x85", "\u2028", "\x0c"])
def test_no_line_where_it_is_unclear_which_one_it_is(mark: str) -> None:
    assert quoted(f'a: "x{mark}y"\nb: 1') == ["", ""]


@given(st.text(max_size=80), st.sampled_from(["a.yaml", "Dockerfile", "<stdin>"]))
def test_any_text_can_be_quoted_and_no_line_is_made_up(text: str, file: str) -> None:
    for shown, line in zip(quoted(text, file=file), text.split("\n"), strict=True):
        assert line.startswith(shown.removesuffix("***"))


def test_of_a_fix_that_holds_a_secret_only_the_words_are_left() -> None:
    fix = Fix(control="a/b", subject="c", kind=FixKind.SAFE, says="sets `init: true`")
    clean = Edit("a.yaml", 1, 1, "  init: true\n")
    tells = Edit("a.yaml", 1, 1, "  web: {init: true, environment: {DB_PASSWORD: c4nary}}\n")
    with_edits = [Fix(**{**dict(_fields(fix)), "edits": edits}) for edits in ((clean,), (clean, tells))]
    assert [reported.edits for reported in without_secrets(with_edits, ())] == [(clean,), ()]
    assert [reported.edits for reported in without_secrets(with_edits[:1], ["init: true"])] == [()]


def _fields(fix: Fix) -> Iterable[tuple[str, object]]:
    return ((name, getattr(fix, name)) for name in fix.__struct_fields__)


COMPOSE = "services:\n  web:\n    image: shop\n    privileged: true\n"


def test_of_files_on_the_disk_and_of_what_they_include(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("base.yaml").write_text(COMPOSE)
    Path("compose.yaml").write_text("services:\n  web:\n    extends: {file: base.yaml, service: web}\n")
    lines = check(["compose.yaml"], level=Level.BASELINE).lines
    assert lines["base.yaml"][4] == "    privileged: true"


def test_of_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(COMPOSE.encode())))
    assert check(["-"], level=Level.BASELINE).lines["<stdin>"][4] == "    privileged: true"


def test_a_file_that_changed_meanwhile_is_not_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dockworthy import check as story

    file = tmp_path / "compose.yaml"
    file.write_text(COMPOSE)
    judge = story.judge_written

    def change_it(*args: object, **more: object) -> object:
        file.write_text("# a new first line\n" + COMPOSE)
        return judge(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(story, "judge_written", change_it)
    result = check([str(file)], level=Level.BASELINE)
    assert any(finding.outcome is Outcome.FAIL for finding in result.findings)
    assert result.lines == {}
