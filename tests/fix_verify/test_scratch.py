"""The scratch project as data: what comes in, what stays outside, and what is said of it."""

from __future__ import annotations

from typing import Any

from dockworthy.fix.verify.images import LocalImage
from dockworthy.fix.verify.owner import RunOwner, is_gone, owner_from, this_process
from dockworthy.fix.verify.scratch import ScratchConfig, cut_off, services_that_lack
from dockworthy.fix.verify.stand_ins import StandIns

OWNER = RunOwner("run1", 1, "2", "boot", "machine")


def scratch(**services: dict[str, Any]) -> ScratchConfig:
    images = {name: LocalImage(f"sha256:{name}", has_check=False) for name in services}
    return cut_off({"name": "shop", "services": services}, services, images, OWNER, StandIns(b"key"))


def test_every_network_is_internal_and_without_the_host() -> None:
    made = scratch(web={"networks": {"front": {"aliases": ["www"]}, "back": None}}, db={}).config
    assert made["networks"].keys() == {"front", "back", "default"}
    for network in made["networks"].values():
        assert network["internal"] and network["driver_opts"] == {"com.docker.network.bridge.inhibit_ipv4": "true"}
    assert made["services"]["web"]["networks"] == {"front": {"aliases": ["www"]}, "back": None}


def test_what_reaches_out_stays_outside_and_is_said() -> None:
    reaching = {
        "privileged": True,
        "pid": "host",
        "devices": [{"source": "/dev/sda", "target": "/dev/sda"}],
        "ports": [{"target": 80, "published": "80"}],
        "container_name": "shop",
        "cap_add": ["SYS_MODULE", "CHOWN"],
        "volumes": [
            {"type": "bind", "source": "/var/run/docker.sock", "target": "/s"},
            {"type": "volume", "source": "data", "target": "/data", "volume": {"nocopy": True}},
        ],
        "logging": {"driver": "syslog"},
        "something_new": {"of": "tomorrow"},
    }
    made = scratch(web=reaching, db={"ports": [{"target": 1}]})
    web = made.config["services"]["web"]
    assert not {"privileged", "pid", "devices", "ports", "container_name", "something_new"} & web.keys()
    assert web["cap_add"] == ["CHOWN"] and web["logging"]["driver"] == "json-file" and web["image"] == "sha256:web"
    assert [mount["type"] for mount in web["volumes"]] == ["volume"] and made.binds == ()
    said = "\n".join(made.notes)
    for word in ("privileged", "pid", "devices", "SYS_MODULE", "/var/run/docker.sock", "something_new"):
        assert word in said
    assert services_that_lack(("web", "db"), made.notes) == {"web"}


def test_in_the_hosts_network_low_ports_are_guarded() -> None:
    made = scratch(web={"network_mode": "host"}, other={"network_mode": "none"})
    assert made.config["services"]["web"]["sysctls"] == {"net.ipv4.ip_unprivileged_port_start": 1024}
    assert made.config["services"]["web"]["networks"] == {"default": None}
    assert made.config["services"]["other"]["network_mode"] == "none"
    assert services_that_lack(("web",), made.notes) == frozenset(), "a network of its own is none of the host's things"


def test_a_reserved_device_is_missed() -> None:
    deploy = {"resources": {"reservations": {"devices": [{"capabilities": ["gpu"]}]}, "limits": {"memory": "1"}}}
    made = scratch(web={"deploy": deploy})
    assert services_that_lack(("web",), made.notes) == {"web"}
    assert made.config["services"]["web"]["deploy"] == {"resources": {"limits": {"memory": "1"}}}


def test_dollars_stay_what_they_are() -> None:
    made = scratch(web={"environment": {"PRICE": "5$$", "EMPTY": None}})
    assert made.config["services"]["web"]["environment"] == {"PRICE": "5$$", "EMPTY": None}


def test_an_owner_is_known_again_by_its_labels() -> None:
    here = this_process()
    assert owner_from(here.labels) == here and not is_gone(here)
    assert owner_from({**here.labels, "dockworthy.verify.pid": "x"}) is None and owner_from({}) is None
    assert is_gone(RunOwner(here.run, here.pid, "1", here.boot, here.machine)), "the pid was given to another process"
    assert is_gone(RunOwner(here.run, here.pid, here.start, "other boot", here.machine))
    assert not is_gone(RunOwner(here.run, 1, "1", "b", "other machine")), "one of another machine can't be seen"
