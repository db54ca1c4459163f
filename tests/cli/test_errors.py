"""What goes wrong becomes a sentence, a hint and an exit status."""

from __future__ import annotations

from typing import Any

import pytest

from dockworthy import assess, check
from dockworthy.cli.run import run
from dockworthy.errors import EngineRefused, UsageError
from dockworthy.model.result import Result

USAGE = [
    (["assess", "--host", "all"], "dockworthy.yaml names no hosts"),
    (["assess", "--diff", "old.json", "--format", "html"], "--diff can't be shown as html"),
    (["assess", "--host", "unix:///a", "--host", "unix:///b", "--from", "f"], "exclude each other"),
    (["path", "--host", "unix:///a", "--host", "unix:///b"], "one host at a time"),
    (["assess", "--host", "/var/run/docker.sock"], "did you mean unix:///var/run/docker.sock"),
    (["assess", "--from", "f", "--host", "unix:///a"], "exclude each other"),
    (["assess", "-q", "-v"], "exclude each other"),
    (["assess", "--level", "best"], "'best' is not one of 'baseline', 'restricted', 'production'"),
    (["assess", "--root", "/no/such/folder"], "does not exist"),
    (["assess", "--deadline", "0"], "not in the range"),
    (["check"], "Missing argument"),
    (["completion"], "Choose from: bash, zsh, fish\n"),
    (["deploy", "--standby"], "`dockworthy deploy --help` shows"),
    (["edge", "renew", "--host"], "`dockworthy edge renew --help` shows"),
    (["check", "a", "--format", "xls"], "'xls' is not one of 'table', 'json'"),
    (["check", "a", "--pss-version", "one"], "is no version"),
    (["check", "a", "--pss-version", "v0.9"], "known are v1.0 to v1."),
    (["check", "a", "--pss-version", "v9.1"], "known are v1.0 to v1."),
    (["check", "/no/such/file"], "/no/such/file: no such file or folder"),
    (["explain", "priviledged"], "did you mean workload/privileged"),
    (["explain", "zzz"], "there is no control 'zzz'"),
    (["chekc", "a"], "did you mean 'check'"),
    (["deploy", "."], ". is a file or folder, and deploy takes names of services"),
    (["deploy", "--dry-run", "web", "shop/compose.yaml"], "shop/compose.yaml is a file or folder"),
    (["remove", "./shop"], "./shop is not the name of a project"),
    (["remove", "compose.yaml"], "compose.yaml is not the name of a project"),
    (["--levl"], "dockworthy --help"),
]


@pytest.mark.parametrize(("arguments", "says"), USAGE)
def test_usage_errors_say_what_and_what_next(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    shown = capsys.readouterr()
    assert shown.err.startswith("dockworthy: ")
    assert says in shown.err
    assert shown.out == ""


def test_an_engine_error_has_a_status_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(*_: Any, **__: Any) -> Result:
        raise EngineRefused("no", hint="ask root")

    monkeypatch.setattr(assess, "assess", refused)
    assert run(["assess"]) == 11
    assert capsys.readouterr().err == "dockworthy: no\nhint: ask root\n"


def test_names_in_errors_do_nothing_to_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def odd(*_: Any, **__: Any) -> Result:
        raise UsageError("\x1b[2Jb\udcff\nhint: rm -rf /")

    monkeypatch.setattr(check, "check", odd)
    assert run(["check", "a"]) == 2
    assert capsys.readouterr().err == "dockworthy: \\x1b[2Jb\\xff\\nhint: rm -rf /\n"


def test_a_bug_is_one_sentence_and_where_to_report_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DOCKWORTHY_DEBUG", raising=False)
    monkeypatch.setattr(check, "check", lambda *_, **__: 1 / 0)
    assert run(["check", "a"]) == 14
    shown = capsys.readouterr().err
    assert "ZeroDivisionError" in shown
    assert "this is a bug in dockworthy" in shown
    assert "Traceback" not in shown
    monkeypatch.setenv("DOCKWORTHY_DEBUG", "1")
    assert run(["check", "a"]) == 14
    assert "Traceback" in capsys.readouterr().err
