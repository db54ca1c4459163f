"""What a project says beside its files: ignore files, hadolint's settings, rules, exceptions, tests, saved results."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import strategies as st

from dockworthy.errors import UnreadableInput
from dockworthy.model.field import Set, Unset
from dockworthy.model.levels import Severity
from dockworthy.model.policy import Policy, Rule
from dockworthy.policy.rules import compile_rules
from dockworthy.readers.allowances import read_allowances
from dockworthy.readers.dockerfile.build import Config, ignored_patterns, silences_in
from dockworthy.readers.git_ignored import rules_above
from dockworthy.readers.policy_tests import read_policy_tests
from dockworthy.readers.text_files import BuildContext
from dockworthy.report.saved_result import is_snapshot, load_result
from examples import render_json
from fuzz.effort import MINUTES, fuzz
from fuzz.inputs import ODD_WORDS, any_of, changed_texts, trees_of
from fuzz.samples import ALLOWANCES, HADOLINT, IGNORED, POLICY_TESTS
from policy.written_rules import ATOMS, compose, expressions
from report.samples import checked

pytestmark = pytest.mark.timeout(120 + MINUTES * 60 * 3)

(WEB,) = compose("services: {web: {image: 'a:1', cap_add: [ALL], labels: {a: b}, volumes: ['/etc:/x']}}")


def of_named_file(read: Callable[[Path], object], path: Path) -> Callable[[bytes], None]:
    def check(raw: bytes) -> None:
        path.write_bytes(raw)
        try:
            read(path)
        except UnreadableInput as error:
            assert error.says and error.file == str(path)

    return check


def test_files_that_git_ignores(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()

    def check(raw: bytes) -> None:
        (tmp_path / ".gitignore").write_bytes(raw)
        rules = rules_above(str(tmp_path)).entering(str(tmp_path))
        for name in ("a", "keys/b.pem", "é\n"):
            rules.leaves_out(str(tmp_path / name), is_folder=name == "a")

    fuzz(changed_texts([IGNORED]), check)


def test_files_that_a_build_ignores(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM a:1\nCOPY . /a\n")
    (tmp_path / ".env").write_text("A=1\n")

    def check(raw: bytes) -> None:
        (tmp_path / ".dockerignore").write_bytes(raw)
        context = BuildContext(str(tmp_path), str(tmp_path / "Dockerfile"))
        assert len(list(context.credentials())) <= 1
        assert isinstance(ignored_patterns(tmp_path / "Dockerfile"), Set | Unset)

    fuzz(changed_texts([IGNORED]), check)


def test_settings_of_hadolint(tmp_path: Path) -> None:
    fuzz(any_of([HADOLINT], trees_of([HADOLINT])), of_named_file(Config.read, tmp_path / ".hadolint.yaml"))


def test_comments_for_hadolint() -> None:
    words = st.sampled_from(["# hadolint", " global ", "ignore", "=", " ignore=DL3008", ",", "DL3008", "SC2086"])

    def check(text: str) -> None:
        assert all(silence.rule for silence in silences_in([(1, text)], [], "Dockerfile"))

    fuzz(st.lists(words | ODD_WORDS, max_size=9).map("".join), check)


def test_rules() -> None:
    """Valid ones with letters changed, and pieces of them in any order."""

    def check(raw: bytes) -> None:
        when = raw.decode(errors="replace")
        try:
            (control,) = compile_rules(Policy(rules=(Rule("custom/any", Severity.HIGH, when, "it is so"),)))
        except UnreadableInput as error:
            assert "custom/any" in error.says
            return
        assert control.judge_function is not None
        control.judge_function(WEB)

    pieces = st.lists(
        st.sampled_from([*ATOMS, "&&", "||", "(", ")", "[0]", ".", "?", ":", "!"]) | ODD_WORDS, max_size=8
    )
    fuzz(changed_texts(ATOMS) | pieces.map(lambda words: " ".join(words).encode()) | expressions.map(str.encode), check)


@pytest.mark.parametrize("is_yaml", [True, False])
def test_comments_that_accept_a_failure(is_yaml: bool) -> None:
    def check(raw: bytes) -> None:
        text = raw.decode(errors="replace")
        found, notes = read_allowances(text, "a.yaml", is_yaml=is_yaml)
        assert all(1 <= (one.source.line or 0) <= len(text.splitlines()) for one in found)
        assert all("a.yaml" in note for note in notes)

    fuzz(changed_texts([ALLOWANCES]), check)


def test_tests_of_a_policy(tmp_path: Path) -> None:
    fuzz(any_of([POLICY_TESTS], trees_of([POLICY_TESTS])), of_named_file(read_policy_tests, tmp_path / "tests.yaml"))


def test_saved_results(tmp_path: Path) -> None:
    saved = render_json(checked()).decode()

    def read(path: Path) -> None:
        is_snapshot(path)
        load_result(path)

    fuzz(any_of([saved], [json.loads(saved)]), of_named_file(read, tmp_path / "known.json"))
