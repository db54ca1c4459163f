"""What is said and would be passed over is refused: options before a group's command, limits without a name."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from dockworthy.cli.program import program
from dockworthy.errors import UsageError


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("releases", "--host", "ssh://shop", "show", "1"), "--host stands behind the command: releases show --host"),
        (("releases", "--format", "json", "status"), "--format stands behind the command: releases status --format"),
        (("hosts", "--sudo", "drain", "shop"), "--sudo stands behind the command: hosts drain --sudo"),
    ],
)
def test_an_option_that_the_command_would_not_see_is_refused(words: tuple[str, ...], says: str) -> None:
    done = CliRunner().invoke(program, words)
    assert isinstance(done.exception, UsageError) and says in done.exception.says


@pytest.mark.parametrize(
    "words",
    [
        ("guard", "grant", "vera", "deployer", "--for", "1h", "--reason", "r", "--project", ""),
        ("guard", "grant", "vera", "deployer", "--for", "1h", "--reason", "r", "--image", " "),
        ("guard", "socket", "--role", "viewer", "--project", "", "/run/x.sock", "--unit"),
    ],
)
def test_a_limit_without_a_name_is_refused(words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be none: whatever has no label would be of that project."""
    monkeypatch.setattr("os.geteuid", lambda: 0)
    done = CliRunner().invoke(program, words)
    assert isinstance(done.exception, UsageError) and "is empty" in done.exception.says
