"""Groups that do something by themselves: what is said before their commands is not passed over."""

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
