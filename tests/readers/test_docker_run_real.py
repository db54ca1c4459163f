"""What the flags are read as is what Docker makes of them: `docker create` and inspect, at a real engine."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.projection import UNSEEN, effective
from conftest import MakeContainer
from dockworthy.errors import UsageError
from dockworthy.model.field import Set, Source
from dockworthy.model.snapshot import ContainerFacts, EngineFacts
from dockworthy.readers.container.inspected import read_container
from dockworthy.readers.docker_run import read_docker_run
from dockworthy.readers.engine_context import EngineContext, engine_context
from machines.engines import OwnEngine

pytestmark = pytest.mark.engine

_BY_IMAGE = {"user", "health", "command"}
_MAY_BE_UNSEEN = _BY_IMAGE | {"logging"}

ARGUMENTS = [
    "",
    "-it",
    "-it=false --tty=true --init",
    "--init=false --read-only=1",
    "--privileged",
    "--privileged=false --cap-add NET_ADMIN --cap-add=cap_sys_time --cap-drop all",
    "--read-only --tmpfs /run --tmpfs /tmp:rw,size=1m",
    "--user 1000:1000",
    "-u app",
    "-uapp:app",
    "-m 512m",
    "-m512M --memory-swap 512m",
    "--memory 1g --memory-swap=-1",
    "--memory 1.5g --cpus 0.5",
    "--memory=134217728b --cpus=2",
    "--cpu-quota 50000",
    "--cpu-quota=50000 --cpu-period 25000",
    "--pids-limit 100",
    "--pids-limit -1",
    "--oom-kill-disable -m 64m",
    "--ulimit nofile=1024:2048 --ulimit nproc=100 --ulimit memlock=-1",
    "--security-opt no-new-privileges",
    "--security-opt no-new-privileges:true --security-opt seccomp=unconfined",
    "--security-opt no-new-privileges=false --security-opt apparmor=unconfined",
    "--security-opt systempaths=unconfined",
    "--security-opt label=disable",
    "--pid host --ipc host --uts host --network host",
    "--pid=host --ipc=none --net none",
    "--ipc shareable --cgroupns private",
    "--cgroupns=host --userns host",
    "--cgroup-parent /{name}",
    "--restart always",
    "--restart on-failure:5",
    "--restart=unless-stopped --log-driver local --log-opt max-size=1m --log-opt max-file=3",
    "--log-driver none",
    "--log-driver=json-file --log-opt max-size=10m",
    "--health-cmd 'test -e /x' --health-interval 1m30s --health-timeout 500ms --health-retries 3",
    "--no-healthcheck",
    "-e A=b -eC=d=e -e=F=g --env H=",
    "-l a=b --label c --label=d=e=f",
    "-v {folder}:/a -v {folder}:/b:ro -v {folder}:/c:rslave,ro",
    "-v {name}:/data -v /nameless --volume={name}:/again:ro",
    "-v ./src:/source",
    "--mount type=bind,source={folder},target=/a,readonly",
    "--mount type=bind,src={folder},dst=/b,bind-propagation=shared",
    "--mount type=volume,source={name},target=/a,ro=false --mount target=/b",
    "--mount type=tmpfs,target=/a,tmpfs-size=1m",
    "--mount 'type=volume,target=/a,\"volume-opt=o=size=1m,uid=1000\",volume-opt=type=tmpfs,volume-opt=device=tmpfs'",
    "-p 80 -p 8081:81 -p 127.0.0.1:8082:82/udp -p [::1]:8083:83",
    "-p 8090-8092:90-92 -p 127.0.0.1::99",
    "--publish published=8080,target=80,protocol=udp --expose 5000-5002 --expose 53/udp",
    "--device /dev/null --device /dev/zero:/dev/z --device /dev/full:r --device /dev/tty:/dev/t:rw",
    "--device-cgroup-rule 'c 1:3 rwm'",
    "--sysctl net.core.somaxconn=1024 --sysctl=net.ipv4.ip_forward=0",
    "--entrypoint /bin/sleep",
    "--hostname h --domainname d -w /tmp --stop-timeout 3 --stop-signal TERM --shm-size 1m --dns 192.0.2.1",
    "--annotation a=b --group-add 5 --add-host x:192.0.2.2 --runtime runc --rm --oom-score-adj 5 -c 512",
]

REFUSED = [
    "--privilged",
    "-X",
    "-privileged",
    "--memory 1x",
    "--memory ''",
    "--cpus one",
    "--pids-limit many",
    "--init=perhaps",
    "--restart sometimes",
    "--restart on-failure:x",
    "--health-interval 5",
    "--ulimit nofile",
    "--ulimit nofile=x",
    "-p 80:80:80:80/x",
    "-p 99999:80",
    "-p 80-82:80-81",
    "-p http:80",
    "--expose 80-70",
    "--mount type=bind,source",
    "--mount type=bind,frob=1,target=/x",
    "--mount type=volume,source=a",
    "--mount 'type=volume,\"target=/a'",
    "-v a:b:c:d",
    "--security-opt frob",
    "--device ''",
    "--sysctl=frob --memory",
]


@pytest.fixture(scope="module")
def context(own_engine: OwnEngine) -> EngineContext:
    def asked(*arguments: str) -> Set[object]:
        return Set(json.loads(own_engine.docker(*arguments, "--format", "json").stdout), Source("docker"))

    version = Set(asked("version").value["Server"], Source("docker"))  # type: ignore[index]
    return engine_context(EngineFacts(endpoint=own_engine.endpoint, info=asked("info"), version=version))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def volume(own_engine: OwnEngine) -> Iterator[str]:
    """A volume's name; the volume is made with the first container that mounts it."""
    yield "dockworthy-test-docker-run"
    own_engine.docker("volume", "rm", "--force", "dockworthy-test-docker-run", check=False)


@pytest.mark.parametrize("command", [(), ("sleep", "60")], ids=["", "command"])
@pytest.mark.parametrize("flags", ARGUMENTS, ids=range(len(ARGUMENTS)))
def test_read_as_docker_reads_them(
    own_engine: OwnEngine,
    container: MakeContainer,
    busybox_image: str,
    context: EngineContext,
    volume: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    flags: str,
    command: tuple[str, ...],
) -> None:
    (tmp_path / "src").mkdir()
    monkeypatch.chdir(tmp_path)
    words = shlex.split(flags.format(folder=tmp_path, name=volume))
    name = container(*words, start=False, command=command)
    inspected = Set(own_engine.inspect(name), Source("docker inspect"))
    made = read_container(ContainerFacts(id=name, name=name, inspect=inspected), context)
    assert made is not None
    read = effective(read_docker_run([*words, busybox_image, *command], context, folder=str(tmp_path)))
    unseen = {field for field, value in read.items() if value is UNSEEN}
    assert unseen <= _MAY_BE_UNSEEN
    happened = effective(made)
    happened["environment"] = {key: value for key, value in happened["environment"].items() if key != "PATH"}
    for field in read.keys() - unseen:
        assert read[field] == happened[field], field


def test_what_docker_refuses_is_refused(own_engine: OwnEngine, busybox_image: str, context: EngineContext) -> None:
    for flags in REFUSED:
        refused = own_engine.docker("create", *shlex.split(flags), busybox_image, check=False)
        assert refused.returncode != 0, flags
        with pytest.raises(UsageError):
            read_docker_run([*shlex.split(flags), busybox_image], context)
