"""The engine's effective settings: what runs, over what is written, over the default."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dockworthy.model.engine import Engine
from dockworthy.model.field import Field, Origin, Set, Source, Unknown, Unset
from dockworthy.model.host import Cgroup, DaemonProcess, Host, UnitFile
from dockworthy.model.snapshot import EngineFacts
from dockworthy.readers.daemon import read_engine
from dockworthy.readers.daemon_written import settings_of

FILE = Source("/etc/docker/daemon.json")
NO_FILE: Field[dict[str, Any]] = Unset(FILE)
NOT_ALLOWED = Unknown("permission denied", tell="root")


def engine(
    *argv: str,
    file: dict[str, Any] | Field[dict[str, Any]] = NO_FILE,
    info: dict[str, Any] | None = None,
    networks: list[dict[str, Any]] | None = None,
    version: str = "26.1.5",
    **host: Any,
) -> Engine:
    process = DaemonProcess(pid=7, argv=("/usr/sbin/dockerd", *argv), executable="/usr/sbin/dockerd")
    described: dict[str, Any] = {
        "daemon": Set(process, Source("/proc/7")),
        "daemon_json": Set(file, FILE) if isinstance(file, dict) else file,
        **host,
    }
    return read_engine(
        EngineFacts(
            endpoint="unix:///var/run/docker.sock",
            version=Set({"Version": version, "ApiVersion": "1.45"}, Source("GET /version")),
            info=Set(info, Source("GET /info")) if info is not None else Unknown("not asked"),
            networks=Set(tuple(networks), Source("GET /networks")) if networks is not None else Unknown("not asked"),
        ),
        Host(**described),
    )


def test_a_flag_wins_over_the_file_and_the_file_over_the_default() -> None:
    seen = engine("--icc=false", file={"log-level": "warn"})
    assert seen.setting("icc") == Set(False, Source("/proc/7/cmdline", "--icc"))
    assert seen.setting("log-level") == Set("warn", Source("/etc/docker/daemon.json", "log-level"))
    assert seen.setting("iptables") == Set(True, Source("engine default", "iptables"), Origin.PLATFORM)
    assert seen.setting("cgroup-parent") == Unset(Source("/etc/docker/daemon.json", "cgroup-parent"))


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["--icc=false"], {"icc": False}),
        (["--icc"], {"icc": True}),
        (["--icc", "false", "--init"], {"icc": False, "init": True}),
        (["--log-driver", "local"], {"log-driver": "local"}),
        (["--log-driver=local"], {"log-driver": "local"}),
        (["-H", "fd://", "-H", "tcp://0.0.0.0:2375"], {"hosts": ["fd://", "tcp://0.0.0.0:2375"]}),
        (["-Hfd://", "-H=unix:///a", "--host", "tcp://:1"], {"hosts": ["fd://", "unix:///a", "tcp://:1"]}),
        (["-D", "-l", "error"], {"debug": True, "log-level": "error"}),
        (["-D=false"], {"debug": False}),
        (["-DH", "fd://"], {"debug": True, "hosts": ["fd://"]}),
        (["-g", "/srv/docker"], {"data-root": "/srv/docker"}),
        (["--graph=/srv/docker"], {"data-root": "/srv/docker"}),
        (["-s", "vfs", "-G", "wheel", "-b", "none"], {"storage-driver": "vfs", "group": "wheel", "bridge": "none"}),
        (["--log-opt", "max-size=10m", "--log-opt=max-file=3"], {"log-opts": {"max-size": "10m", "max-file": "3"}}),
        (
            ["--default-ulimit", "nofile=1024:4096"],
            {"default-ulimits": {"nofile": {"Name": "nofile", "Soft": 1024, "Hard": 4096}}},
        ),
        (
            ["--default-address-pool", "base=10.9.0.0/16,size=24"],
            {"default-address-pools": [{"base": "10.9.0.0/16", "size": 24}]},
        ),
        (["--log-level=info", "--log-level=debug"], {"log-level": "debug"}),
        (["--log-level"], {"log-level": ""}),
        (["--", "--icc=false"], {}),
        (["-"], {}),
    ],
)
def test_command_lines(argv: list[str], expected: dict[str, Any]) -> None:
    assert settings_of(argv) == expected


@given(st.lists(st.text(max_size=12)))
def test_no_command_line_is_too_odd(argv: list[str]) -> None:
    assert isinstance(settings_of(argv), dict)


def test_what_runs_wins_and_what_is_written_is_pending() -> None:
    seen = engine(file={"log-driver": "local"}, info={"LoggingDriver": "json-file"})
    via = Source("/etc/docker/daemon.json", "log-driver")
    assert seen.setting("log-driver") == Set(
        "json-file", Source("GET /info", "LoggingDriver", via=via), Origin.MEASURED
    )
    assert seen.pending == {"log-driver": Set("local", via)}


def test_a_setting_taken_out_of_the_file_still_runs() -> None:
    seen = engine(info={"LiveRestoreEnabled": True})
    assert seen.setting("live-restore").value is True  # type: ignore[union-attr]
    assert seen.pending["live-restore"].origin is Origin.PLATFORM


def test_the_same_said_in_other_words_is_not_pending() -> None:
    seen = engine(
        file={
            "userns-remap": "default",
            "seccomp-profile": "default",
            "registry-mirrors": ["https://mirror.example.com"],
            "insecure-registries": ["reg.example.com:5000", "10.1.2.3/8"],
            "default-address-pools": [{"base": "10.9.0.0/16", "size": 24}],
        },
        info={
            "SecurityOptions": ["name=seccomp,profile=builtin", "name=userns"],
            "RegistryConfig": {
                "InsecureRegistryCIDRs": ["10.0.0.0/8", "127.0.0.0/8", "::1/128"],
                "IndexConfigs": {"reg.example.com:5000": {"Secure": False}, "docker.io": {"Secure": True}},
                "Mirrors": ["https://mirror.example.com/"],
            },
            "DefaultAddressPools": [{"Base": "10.9.0.0/16", "Size": 24}],
        },
    )
    assert seen.pending == {}
    assert seen.setting("insecure-registries").value == ["10.0.0.0/8", "reg.example.com:5000"]  # type: ignore[union-attr]


def test_the_default_bridge_tells_icc() -> None:
    options = {"com.docker.network.bridge.default_bridge": "true", "com.docker.network.bridge.enable_icc": "false"}
    seen = engine(networks=[{"Name": "bridge", "Driver": "bridge", "Options": options}])
    icc = seen.setting("icc")
    assert isinstance(icc, Set)
    assert (icc.value, icc.origin) == (False, Origin.MEASURED)
    assert seen.pending["icc"].value is True  # nobody wrote it any more
    none = engine(networks=[]).setting("bridge")
    assert isinstance(none, Set) and none.value == "none"


@pytest.mark.parametrize(
    ("security", "expected"),
    [
        (["name=seccomp,profile=default"], "builtin"),
        (["name=seccomp,profile=builtin"], "builtin"),
        (["name=seccomp,profile=unconfined"], "unconfined"),
        (["name=seccomp,profile=/etc/docker/tight.json"], "/etc/docker/tight.json"),
        (["name=apparmor"], "unsupported"),
    ],
)
def test_seccomp_as_it_runs(security: list[str], expected: str) -> None:
    setting = engine(info={"SecurityOptions": security}).setting("seccomp-profile")
    assert isinstance(setting, Set) and setting.value == expected


def test_old_engines_do_not_tell_no_new_privileges() -> None:
    file = {"no-new-privileges": True}
    info = {"SecurityOptions": ["name=seccomp,profile=default"]}
    assert engine(file=file, info=info, version="20.10.24").setting("no-new-privileges").value is True  # type: ignore[union-attr]
    assert engine(file=file, info=info, version="26.1.5").setting("no-new-privileges").value is False  # type: ignore[union-attr]


def test_what_nobody_may_read_is_unknown_never_the_default() -> None:
    seen = engine(file=NOT_ALLOWED)
    assert seen.setting("icc") == NOT_ALLOWED
    assert seen.setting("anything") == NOT_ALLOWED
    assert seen.settings_seen == NOT_ALLOWED
    unread = engine(daemon=NOT_ALLOWED)
    assert unread.setting("icc") == NOT_ALLOWED


def test_a_flag_is_known_even_where_the_file_is_not() -> None:
    assert engine("--icc=false", file=NOT_ALLOWED).setting("icc").value is False  # type: ignore[union-attr]


def test_a_stopped_engine_is_read_from_its_unit() -> None:
    def unit(name: str, path: str, text: str) -> Field[UnitFile]:
        return Set(UnitFile(name, path, text), Source(path))

    main = "[Service]\nExecStart=/usr/bin/dockerd -H fd:// \\\n  --icc=false\n"
    drop_in = "[Service]\nExecStart=\nExecStart=/usr/bin/dockerd -H fd:// --icc=true\n"
    stopped = Unset(Source("/proc"))
    alone = {"a": unit("docker.service", "/lib/systemd/system/docker.service", main)}
    assert engine(daemon=stopped, units=alone).setting("icc").value is False  # type: ignore[union-attr]
    path = "/etc/systemd/system/docker.service.d/override.conf"
    both = {"b": unit("docker.service", path, drop_in), **alone}
    assert engine(daemon=stopped, units=both).setting("icc").value is True  # type: ignore[union-attr]
    variable = {"a": unit("docker.service", "/lib/docker.service", "ExecStart=/usr/bin/dockerd $OPTIONS")}
    assert isinstance(engine(daemon=stopped, units=variable).setting("icc"), Unknown)


@pytest.mark.parametrize(
    ("argv", "file", "name"),
    [
        (("-H", "fd://"), {"hosts": ["tcp://127.0.0.1:2376"]}, "hosts"),
        ((), {"icc": "false"}, "icc"),
        ((), {"hosts": "fd://"}, "hosts"),
        ((), {"log-opts": []}, "log-opts"),
        ((), {"log-dirver": "local"}, "log-dirver"),
        ((), {"cluster-store": "etcd://a"}, "cluster-store"),
    ],
)
def test_settings_the_engine_would_not_start_with(argv: tuple[str, ...], file: dict[str, Any], name: str) -> None:
    assert list(engine(*argv, file=file).refused) == [name]


def test_settings_the_engine_takes_are_not_refused() -> None:
    file = {"runtimes": {"a": {"path": "/a"}}, "labels": None, "some-setting-of-the-future": 1}
    assert engine("--add-runtime", "b=/b", file=file).refused == {}


def test_live_restore_and_swarm_exclude_each_other() -> None:
    info = {"Swarm": {"LocalNodeState": "active"}}
    assert list(engine(file={"live-restore": True}, info=info).refused) == ["live-restore"]
    assert engine(file={"live-restore": True}, info={"Swarm": {"LocalNodeState": "inactive"}}).refused == {}


@pytest.mark.parametrize(
    ("state", "expected"), [("inactive", False), ("active", True), ("pending", True), ("locked", True)]
)
def test_a_locked_node_is_in_the_swarm(state: str, expected: bool) -> None:
    in_swarm = engine(info={"Swarm": {"LocalNodeState": state}}).in_swarm
    assert isinstance(in_swarm, Set) and in_swarm.value is expected


def test_defaults_that_depend_on_a_version() -> None:
    assert engine(version="26.1.5").setting("ip6tables").value is False  # type: ignore[union-attr]
    assert engine(version="28.0.1").setting("ip6tables").value is True  # type: ignore[union-attr]
    assert isinstance(engine(version="strange").setting("ip6tables"), Unknown)
    v2: Field[Cgroup] = Set(Cgroup(2, ("memory",)), Source("/sys/fs/cgroup"))
    assert engine(cgroup=v2).setting("default-cgroupns-mode").value == "private"  # type: ignore[union-attr]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
INFO_KEYS = st.sampled_from(
    ["SecurityOptions", "RegistryConfig", "DefaultAddressPools", "Plugins", "LoggingDriver", "Swarm", "Debug"]
)
SETTING_NAMES = st.sampled_from(
    ["icc", "hosts", "log-opts", "default-address-pools", "insecure-registries", "live-restore", "userns-remap"]
)


@example(info={"DefaultAddressPools": [{}]}, file={"default-address-pools": [{"size": 24}]}, network=None)
@given(info=st.dictionaries(INFO_KEYS, JSON), file=st.dictionaries(SETTING_NAMES, JSON), network=JSON)
def test_no_answer_is_too_odd(info: dict[str, Any], file: dict[str, Any], network: Any) -> None:
    networks = [network] if isinstance(network, dict) else [{"Name": "bridge", "Driver": "bridge", "Options": network}]
    assert isinstance(engine(info=info, file=file, networks=networks), Engine)


def test_a_file_that_is_not_json_keeps_the_engine_from_starting() -> None:
    broken = Unknown("/etc/docker/daemon.json isn't JSON: trailing comma at line 3, column 1", source=FILE)
    assert list(engine(file=broken).refused) == ["daemon.json"]
    assert engine(file=NOT_ALLOWED).refused == {}
