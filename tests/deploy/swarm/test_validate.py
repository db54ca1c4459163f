"""What no swarm does is refused with the line where it stands, and the way round."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.composed import composed
from dockworthy.deploy.targets.swarm.validate import refuse_what_no_swarm_does
from dockworthy.errors import UnreadableInput, UsageError

PORT = {"mode": "ingress", "target": 80, "published": "8080", "protocol": "tcp"}

BIND = {"type": "bind", "source": "/srv/pages", "target": "/pages"}
VOLUME = {"type": "volume", "source": "data", "target": "/data"}


@pytest.mark.parametrize(
    ("service", "says", "line"),
    [
        ({"container_name": "the-one"}, "a swarm has no container_name", 4),
        ({"network_mode": "host"}, "a swarm has no network_mode", 4),
        ({"devices": ["/dev/null:/dev/null"]}, "a swarm has no devices", 4),
        ({"memswap_limit": "1g"}, "a swarm has no memswap_limit", 4),
        ({"security_opt": ["apparmor:mine"]}, "a swarm can't be told apparmor", 4),
        ({"ports": [PORT]}, "port 80 would be open on every node", 4),
        ({"ports": [{**PORT, "mode": "host", "host_ip": "127.0.0.1"}]}, "can't bind 127.0.0.1 alone", 4),
        (
            {"ports": [{**PORT, "mode": "host", "published": "8000-8010"}]},
            "port 80 is published as a range",
            4,
        ),
        ({"tmpfs": ["/tmp:size=1m,uid=1000"]}, "tmpfs /tmp: a swarm can't be told uid", 4),
        ({"tmpfs": "/tmp:noexec"}, "tmpfs /tmp: a swarm can't be told noexec", 4),
        ({"tmpfs": ["/run", "/tmp:size=50%"]}, "tmpfs /tmp: a swarm can't be told the size 50%", 4),
        ({"tmpfs": ["/tmp:mode=u+w"]}, "tmpfs /tmp: u+w is no mode", 4),
        ({"volumes": [{**BIND, "bind": {"selinux": "z"}}]}, "/pages: a swarm is not told bind.selinux", 4),
        ({"volumes": [{**BIND, "bind": {"propagation": "rslave"}}]}, "/pages: a swarm is not told bind.propagation", 4),
        ({"volumes": [{**VOLUME, "volume": {"subpath": "a"}}]}, "/data: a swarm is not told volume.subpath", 4),
        ({"deploy": {"mode": "global"}}, "mode global is not shipped", 5),
        ({"deploy": {"endpoint_mode": "vip"}}, "virtual addresses are not used", 5),
        ({"networks": {"back": {"ipv4_address": "10.0.0.9"}}}, "a task has no fixed address", 6),
    ],
)
def test_its_line_and_the_way_round(tmp_path: Path, service: dict[str, Any], says: str, line: int) -> None:
    with pytest.raises(UnreadableInput) as raised:
        refuse(tmp_path, service)
    assert says in raised.value.problem and raised.value.line == line
    assert raised.value.hint.endswith("`deploy.target: compose`")


def test_files_of_this_machine_do_not_go_along(tmp_path: Path) -> None:
    mount = {"type": "bind", "source": f"{tmp_path}/pages", "target": "/pages"}
    with pytest.raises(UnreadableInput, match="a swarm carries no files"):
        refuse(tmp_path, {"volumes": [mount]})
    refuse(tmp_path, {"volumes": [{**mount, "source": "/etc/ssl/certs"}]})


def test_a_driver_of_one_node_is_refused_where_the_network_stands(tmp_path: Path) -> None:
    spec = {"services": {"web": {"networks": {"n": None}}}, "networks": {"n": {"driver": "bridge"}}}
    with pytest.raises(UnreadableInput, match="stays on one node") as raised:
        refuse(tmp_path, spec["services"]["web"], networks=spec["networks"])
    assert raised.value.line == 8


def test_what_says_nothing_is_no_fault(tmp_path: Path) -> None:
    fine = {"privileged": False, "links": [], "network_mode": "default", "x-ours": 1, "init": True, "build": {}}
    refuse(tmp_path, {**fine, "ports": [{**PORT, "mode": "host"}], "security_opt": ["no-new-privileges:true"]})
    bind = {**BIND, "read_only": True, "bind": {"create_host_path": True}}
    refuse(tmp_path, {"tmpfs": ["/run", "/tmp:size=1m,mode=1777,ro"], "volumes": [bind, {**VOLUME, "volume": {}}]})
    with pytest.raises(UsageError, match=r"services\.web\.privileged"):
        refuse_what_no_swarm_does(composed(services={"web": {"privileged": True}}), ["web"], ["/nowhere/compose.yaml"])


def refuse(folder: Path, service: dict[str, Any], **parts: Any) -> None:
    """The keys of the service begin at line 4."""
    spec = {"services": {"web": {"image": "shop", **service}}, **parts}
    file = folder / "compose.yaml"
    file.write_text(yaml.safe_dump(spec, sort_keys=False))
    refuse_what_no_swarm_does(composed(spec), ["web"], [str(file)])
