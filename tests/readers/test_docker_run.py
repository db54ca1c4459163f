"""The flags of `docker run`: how a command line is parted, what is refused, and where a value stands."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockworthy.errors import UsageError
from dockworthy.model.dialect import Version
from dockworthy.model.field import Set, Unset
from dockworthy.model.workload import Container, Unit
from dockworthy.readers.docker_run import read_docker_run
from dockworthy.readers.docker_run.flags import ALL_FLAGS
from dockworthy.readers.engine_context import EngineContext
from effort import examples

ENGINE = EngineContext(Version(1, 45), frozenset({"seccomp", "apparmor"}))


def read(line: str, **more: Any) -> Unit:
    return read_docker_run(shlex.split(line), ENGINE, **more)


def container(line: str, **more: Any) -> Container:
    return read(line, **more).containers[0]


def value(field: Any) -> Any:
    assert isinstance(field, Set), field
    return field.value


@pytest.mark.parametrize(
    "line",
    [
        "docker run -itd -m 1g --name web shop serve --privileged",
        "docker container create -it --memory=1g --name=web shop serve --privileged",
        "-itm1g --name web -- shop serve --privileged",
        "-t=false -i -m=1024m --name other --name web shop serve --privileged",
    ],
)
def test_a_command_line_is_parted_as_docker_does_it(line: str) -> None:
    unit = read(line)
    box = unit.containers[0]
    assert (unit.name, unit.id, value(box.image)) == ("web", "container/web", "shop")
    assert value(box.command) == ("serve", "--privileged")
    assert isinstance(box.privileged, Unset)
    assert value(box.limits.memory) == 1024**3


@pytest.mark.parametrize(
    ("line", "says", "hint"),
    [
        ("--privilged shop", "unknown flag --privilged", "did you mean --privileged?"),
        ("--qqqqqq shop", "unknown flag --qqqqqq", ""),
        ("-itX shop", "unknown flag -X in -itX", ""),
        ("-init shop", "unknown flag -n in -init", "did you mean --init?"),
        ("--memory", "--memory needs a value", ""),
        ("-ie", "-e needs a value", ""),
        ("--privileged", "no image", ""),
        ("", "no image", ""),
        ("--memory 1x shop", "--memory 1x: not a size", ""),
        ("--init=yes shop", "--init yes: not true or false", ""),
        ("--mount target=/a,frob=1 shop", "unknown key 'frob'", ""),
        ("docker build .", "not a command line of docker run", ""),
    ],
)
def test_what_is_refused_says_why(line: str, says: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(line)
    assert says in caught.value.says
    assert caught.value.hint == hint


def test_a_value_stands_at_its_flag() -> None:
    box = container("-m 1g -v /a:/b -p 80:80 --security-opt seccomp=unconfined --sysctl net.a=1 --cap-add ALL shop")
    fields: tuple[Any, ...] = (box.limits.memory, box.context.seccomp, box.capabilities_add)
    assert [str(field.source) for field in fields] == [
        "docker run --memory",
        "docker run --security-opt seccomp=unconfined",
        "docker run --cap-add",
    ]
    assert str(box.mounts[0].declared_at) == "docker run --volume /a:/b"
    assert str(box.ports[0].declared_at) == "docker run --publish 80:80"
    assert str(box.read_only_root.source) == "docker run --read-only"
    assert str(read("--sysctl net.a=1 shop").sysctls.source) == "docker run --sysctl"


def test_no_secret_value_stands_in_a_source() -> None:
    unit = read(
        "-e PASSWORD=hunter22 --label a=hunter22 --log-opt token=hunter22 --annotation a=hunter22 "
        "--health-cmd hunter22 "
        "--mount target=/a,volume-opt=type=cifs,volume-opt=o=password=hunter22 shop hunter22"
    )
    sources = re.findall(r"Source\([^)]*\)", repr(unit))
    assert len(sources) > 40
    assert not [source for source in sources if "hunter22" in source]


def test_variables_without_a_value_come_from_the_environment_or_are_unknown() -> None:
    line = "-e A=1 -e PASSWORD -e NONE shop"
    silent = container(line)
    assert value(silent.environment) == {"A": "1"}
    assert "--env PASSWORD, --env NONE" in silent.unclear["environment"].reason
    told = container(line, environ={"PASSWORD": "x"})
    assert value(told.environment) == {"A": "1", "PASSWORD": "x"} and not told.unclear
    assert "secret.env" in container("--env-file secret.env shop", environ={}).unclear["environment"].reason


def test_a_path_with_a_dot_is_taken_from_the_folder() -> None:
    line = "-v ./data:/a --mount type=bind,source=../b,target=/b shop"
    told = container(line, folder="/srv/shop")
    assert [mount.source for mount in told.mounts] == ["/srv/b", "/srv/shop/data"] and not told.unclear
    assert [mount.source for mount in container(line).mounts] == ["../b", "./data"]
    for flag in (
        "-v '$PWD:/a'",
        "-v '~/x:/a'",
        "-v ./data:/a",
        "--mount type=bind,src=../b,target=/b",
        "--mount source=.,target=/b,type=bind",
    ):
        assert "mounts" in container(f"{flag} shop").unclear
    assert not container("-v .:/a -v data:/b shop", folder="/srv").unclear


@pytest.mark.parametrize(
    ("flag", "part"),
    [
        ("--volumes-from db:ro", "mounts"),
        ("-P", "ports"),
    ],
)
def test_what_comes_from_elsewhere_is_unclear(flag: str, part: str) -> None:
    gap = container(f"{flag} shop").unclear[part]
    assert gap.source is not None and gap.source.path.startswith("--")


@pytest.mark.parametrize(("flag", "driver"), [("--gpus all", ""), ("--device vendor.com/class=name", "cdi")])
def test_a_device_that_the_engine_chooses_is_a_request(flag: str, driver: str) -> None:
    """The controls judge requests: which device it will be, no command tells."""
    (asked,) = container(f"{flag} shop").device_requests
    assert asked.driver == driver and asked.declared_at.path == flag


@pytest.mark.parametrize(
    ("flag", "ports"),
    [
        ("-p 80", [(80, "", 0, True)]),
        ("-p 8080:80", [(80, "", 8080, False)]),
        ("-p 127.0.0.1:8080:80/udp", [(80, "127.0.0.1", 8080, False)]),
        ("-p [::1]::80", [(80, "::1", 0, True)]),
        ("-p 8000-8001:80-81", [(80, "", 8000, False), (81, "", 8001, False)]),
        ("-p 8000-8009:80", [(80, "", 8000, False)]),
        ("--expose 80-81", [(80, "", 0, False), (81, "", 0, False)]),
        ("-P --expose 80", [(80, "", 0, True)]),
    ],
)
def test_published_ports(flag: str, ports: list[tuple[int, str, int, bool]]) -> None:
    told = container(f"{flag} shop").ports
    assert [(port.container_port, port.host_ip, port.host_port, port.picked) for port in told] == ports


@pytest.mark.skipif(shutil.which("docker") is None, reason="Docker's command line is not installed")
@pytest.mark.parametrize("command", ["run", "create"])
def test_every_flag_of_this_machines_docker_is_known(command: str) -> None:
    said = subprocess.run(["docker", command, "--help"], capture_output=True, text=True, check=True).stdout
    flags = {word[2:] for line in said.splitlines() for word in line.split()[:2] if word.startswith("--")}
    assert flags and flags <= ALL_FLAGS


_WORD = st.sampled_from(
    [f"--{flag}" for flag in sorted(ALL_FLAGS)]
    + [
        "-v",
        "-p",
        "-e",
        "-it",
        "shop",
        "a=b",
        "/a:/b",
        "80:80",
        "1g",
        "true",
        "5",
        "type=bind,source=/a,target=/b",
        "--",
    ]
)


@given(words=st.lists(_WORD | st.text(max_size=6), max_size=8))
@settings(deadline=None, max_examples=examples(1000))
def test_any_words_are_read_or_refused(words: list[str]) -> None:
    try:
        read_docker_run([*words, "shop"], ENGINE)
    except UsageError as error:
        assert error.says
