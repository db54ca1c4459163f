"""How an engine is told to listen elsewhere, wherever it was told before."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockworthy.errors import UsageError
from dockworthy.guard.life.moving.listen_config import (
    DEFAULTS,
    SERVICE_DROP_IN,
    SOCKET_DROP_IN,
    USUAL,
    EngineLaunch,
    way_of,
)

HERE, THERE = "/run/docker.sock", "/run/dockworthy-engine/docker.sock"
MOVED = f"unix://{THERE}"


def files(seen: EngineLaunch) -> dict[Path, str]:
    return dict(way_of(seen, HERE, THERE).files)


def test_a_socket_unit_gets_a_drop_in_and_keeps_its_other_addresses() -> None:
    seen = EngineLaunch(argv=("dockerd", "-H", "fd://"), listens=("/run/docker.sock", "/srv/other.sock"))
    text = files(seen)[SOCKET_DROP_IN]
    assert f"ListenStream=\nListenStream={THERE}\nListenStream=/srv/other.sock\nDirectoryMode=0700\n" in text


@pytest.mark.parametrize("flag", [("-H", USUAL), (f"--host={USUAL}",), ("-H=unix:///run/docker.sock",)])
def test_a_unit_that_names_it_gets_its_command_with_the_new_one(flag: tuple[str, ...]) -> None:
    command = " ".join(("/usr/bin/dockerd", *flag, "-H", "tcp://127.0.0.1:2375", "$DOCKER_OPTS"))
    seen = EngineLaunch(argv=("dockerd", *flag, "-H", "tcp://127.0.0.1:2375"), unit_command=command)
    text = files(seen)[SERVICE_DROP_IN]
    assert "ExecStart=\nExecStart=/usr/bin/dockerd " in text
    assert MOVED in text and "-H tcp://127.0.0.1:2375 $DOCKER_OPTS" in text and "docker.sock -H" in text


def test_the_defaults_of_an_init_script_are_edited() -> None:
    seen = EngineLaunch(argv=("dockerd", "-H", USUAL), defaults=f'# mine\nDOCKER_OPTS="-H {USUAL} --debug"\n')
    assert files(seen) == {DEFAULTS: f'# mine\nDOCKER_OPTS="-H {MOVED} --debug"\n'}


@pytest.mark.parametrize(
    ("hosts", "moved"),
    [
        (None, [MOVED]),
        ((USUAL,), [MOVED]),
        (("tcp://127.0.0.1:2375", "unix:///run/docker.sock"), ["tcp://127.0.0.1:2375", MOVED]),
    ],
)
def test_else_daemon_json_tells_it(hosts: tuple[str, ...] | None, moved: list[str]) -> None:
    way = way_of(EngineLaunch(argv=("dockerd", "--debug"), hosts=hosts), HERE, THERE)
    assert (way.files, way.settings) == ((), {"hosts": moved})


@pytest.mark.parametrize(
    ("seen", "says"),
    [
        (EngineLaunch(argv=("dockerd", "-H", USUAL)), "whoever starts it says so again"),
        (EngineLaunch(argv=("dockerd", "-H", "unix:///srv/x.sock")), "and not /run/docker.sock"),
        (EngineLaunch(argv=("dockerd",), hosts=("tcp://127.0.0.1:1",)), "and not /run/docker.sock"),
    ],
)
def test_what_only_a_person_can_change_is_said(seen: EngineLaunch, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        way_of(seen, HERE, THERE)
