"""A deploy from a desk without an engine names the hosts of dockworthy.yaml."""

from __future__ import annotations

import pytest

from dockworthy.cli.deploying import naming_hosts
from dockworthy.errors import EngineUnreachable, HostAway
from dockworthy.model.policy import ProjectFile

HOSTS = {"shop1": "ssh://root@shop1", "shop2": "ssh://root@shop2"}


@pytest.mark.parametrize(
    ("asked", "known", "error", "named"),
    [
        ((), HOSTS, EngineUnreachable("no engine listens here", hint="is it installed?"), True),
        (("shop1",), HOSTS, EngineUnreachable("nobody listens", hint="is it installed?"), False),
        ((), {}, EngineUnreachable("no engine listens here", hint="is it installed?"), False),
        ((), HOSTS, HostAway("there is no way", hint="is it installed?"), False),
    ],
)
def test_the_hint(asked: tuple[str, ...], known: dict[str, str], error: EngineUnreachable, named: bool) -> None:
    with pytest.raises(EngineUnreachable) as raised, naming_hosts(asked, ProjectFile(hosts=known)):
        raise error
    hint = "dockworthy.yaml names other hosts: --host shop1 or --host shop2. is it installed?"
    assert raised.value.hint == (hint if named else "is it installed?")
    assert raised.value.says == error.says and type(raised.value) is type(error)
