"""Whatever the files hold: never an exception, always a host that a snapshot can hold."""

from __future__ import annotations

import json
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dockworthy.facts.host import names, sockets
from dockworthy.facts.host.daemon import limits_of
from dockworthy.facts.host.firewall import docker_user_rules, policy, rule_lines
from dockworthy.facts.host.kernel import assignments, built_on
from dockworthy.facts.host.masking import HIDDEN, mask_arguments, mask_text, mask_urls, mask_value
from dockworthy.facts.host.mounts import mount_of, parse_mountinfo
from dockworthy.facts.host.packages import installed_packages
from dockworthy.facts.host.ssh import split_line
from dockworthy.facts.host.updates import parse_apt_conf
from dockworthy.model.field import Unknown
from dockworthy.model.host import Host
from effort import examples

from .host_trees import Tree, debian

words = st.text(alphabet="abcxyz0189:/-_=.,#\"'\\{};*! \t\n\0\u00e9\ud800", max_size=120)
texts = st.one_of(st.text(max_size=200), words)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


def storable(value: object) -> None:
    msgspec.json.encode(value)


@given(texts)
def test_parsers_take_any_text(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    for parse in (
        parse_mountinfo,
        names.parse_passwd,
        names.parse_group,
        names.parse_shadow,
        lambda t: list(sockets.unix_listeners(t)),
        lambda t: list(sockets.listeners_in(t.splitlines(), "tcp6")),
        limits_of,
        assignments,
        built_on,
        lambda t: list(parse_apt_conf(t)),
        lambda t: list(installed_packages(t)),
        lambda t: list(rule_lines(t)),
        lambda t: docker_user_rules([t]),
        lambda t: policy([t], "input"),
        split_line,
    ):
        storable(parse(text))


@given(st.lists(st.lists(st.text(alphabet="0aF1:/- ,\\04", max_size=8), min_size=10, max_size=14), max_size=5))
def test_tables_of_odd_words(rows: list[list[str]]) -> None:
    text = "header\n" + "\n".join(" ".join(row) for row in rows)
    storable(list(sockets.listeners_in(text.splitlines(), "udp")))
    storable(list(sockets.unix_listeners(text)))
    mounts = parse_mountinfo(text.replace(",", " - "))
    storable(mounts)
    mount_of(mounts, "/var/lib/docker")


@given(st.lists(st.integers(0, (1 << 32) - 1), min_size=4, max_size=4), st.integers(0, 65535))
def test_addresses_of_sockets(parts: list[int], port: int) -> None:
    address = "".join(f"{part:08X}" for part in parts)
    row = f"   0: {address}:{port:04X} {'0' * 32}:0000 0A 0:0 00:0 0  1000        0 77 1\n"
    (found,) = sockets.listeners_in(("header", row), "tcp6")
    assert (found.port, found.uid, found.inode) == (port, 1000, 77)


@given(st.sampled_from(["set", "locked", "none"]), st.text(alphabet="abc$./", min_size=1, max_size=20))
def test_no_hash_leaves_shadow(state: str, secret: str) -> None:
    field = {"set": "$6$" + secret, "locked": "!" + secret, "none": ""}[state]
    assert names.parse_shadow(f"ann:{field}:1::::::") == {"ann": state}


@given(texts, st.lists(texts, max_size=4), json_values)
def test_masking_takes_anything(text: str, arguments: list[str], value: object) -> None:
    """What has no name of a secret and no URL stays as it is; numbers, and the shape of a value, stay in any case."""
    for masked in (mask_text(text), mask_urls(text)):
        assert masked == text or HIDDEN in masked
    shown = mask_arguments(arguments)
    assert len(shown) == len(arguments)
    assert all(now == was or HIDDEN in now for now, was in zip(shown, arguments, strict=True))
    assert shape_of(mask_value(value)) == shape_of(value)


def shape_of(value: object) -> object:
    """The value without its texts. (NaN is not equal to itself, so numbers are written out.)"""
    if isinstance(value, dict):
        return {key: shape_of(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape_of(inner) for inner in value]
    return "" if isinstance(value, str) else repr(value)


SECRET = st.text(alphabet="QRSTUVWXYZ", min_size=6, max_size=12)


@given(SECRET, st.sampled_from(["token", "db-password", "SECRET_X", "aws.access-key", "apikey"]))
def test_no_secret_is_left(secret: str, name: str) -> None:
    kept = [
        mask_value({"a": [{name: secret}], "b": f"http://u:{secret}@h"}),
        mask_text(f'Environment="{name}={secret} {secret}"\nX=1 {name}={secret}\n--x https://{secret}@h/p'),
        mask_arguments(
            [f"--{name}", secret, f"--{name}={secret}", f"--proxy=http://u:{secret}@h:1", f"{name}={secret}"]
        ),
    ]
    assert secret not in repr(kept)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tree]:
    """One tree for all examples: each overwrites the files that it is about."""
    yield debian(Tree(tmp_path_factory.mktemp("parsers") / "root"))


FILES = (
    "/etc/docker/daemon.json",
    "/etc/ssh/sshd_config",
    "/etc/passwd",
    "/etc/group",
    "/etc/shadow",
    "/etc/os-release",
    "/etc/apt/apt.conf.d/50x",
    "/var/lib/dpkg/status",
    "/proc/1/mountinfo",
    "/proc/1/net/tcp",
    "/proc/1/net/unix",
    "/proc/meminfo",
    "/proc/loadavg",
    "/proc/cgroups",
    "/proc/500/status",
    "/run/docker.pid",
    "/etc/iptables/rules.v4",
    "/etc/dnf/automatic.conf",
)


def is_valid(host: Host) -> None:
    assert msgspec.json.decode(msgspec.json.encode(host), type=Host) == host
    fields = [getattr(host, name) for name in host.__struct_fields__]
    fields += [field for value in fields if isinstance(value, dict) for field in value.values()]
    assert not [field for field in fields if isinstance(field, Unknown) and "bug" in field.tell]


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(st.sampled_from(FILES), st.one_of(st.binary(max_size=120), texts.map(str)), min_size=1, max_size=6)
)
def test_a_host_of_any_files_is_valid(tree: Tree, contents: dict[str, bytes | str]) -> None:
    for path, content in contents.items():
        tree.write(path, content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    is_valid(tree.read())


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.sampled_from(
            ["data-root", "group", "pidfile", "tlscacert", "tlsverify", "containerd", "exec-root", "hosts"]
        ),
        json_values,
        max_size=5,
    )
)
def test_settings_of_any_kind(tree: Tree, daemon_json: dict[str, object]) -> None:
    tree.write("/etc/docker/daemon.json", json.dumps(daemon_json))
    is_valid(tree.read())
