"""Create requests made up for a fuzz: good values, bad values, and texts that can be read in two ways."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from machines.images import BUSYBOX

VOLUME, BOUND_VOLUME, OTHER = "fuzz-volume", "fuzz-bound", "fuzz-other"
"""Made on the engine before; the second one binds `/`."""


class Pairs(list[tuple[str, Any]]):
    """An object of JSON whose names may come twice."""


def written(value: Any) -> str:
    if isinstance(value, Pairs):
        return "{" + ",".join(f"{json.dumps(name, ensure_ascii=False)}:{written(item)}" for name, item in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


_words = st.sampled_from(["", "host", "private", "none", "bridge", "default", "shareable", f"container:{OTHER}", "x"])
_path = st.sampled_from(["/", "/etc", "/srv/x", "/var/run/docker.sock", "/proc", VOLUME, BOUND_VOLUME, "", "fuzz-new"])
_options = st.sampled_from(
    [[], [("type", "tmpfs"), ("device", "tmpfs")], [("type", "none"), ("o", "bind"), ("device", "/")]]
).map(Pairs)
_mount = st.fixed_dictionaries(
    {
        "Type": st.sampled_from(["bind", "volume", "tmpfs", "BIND", "Volume", ""]),
        "Target": st.sampled_from(["/a", "/b"]),
    },
    optional={
        "Source": _path,
        "ReadOnly": st.booleans(),
        "VolumeOptions": _options.map(lambda options: Pairs([("DriverConfig", Pairs([("Options", options)]))])),
        "BindOptions": st.sampled_from(["", "rshared", "rslave"]).map(lambda word: Pairs([("Propagation", word)])),
    },
).map(lambda mount: Pairs(mount.items()))
_capability = st.sampled_from(["ALL", "all", "SYS_ADMIN", "cap_sys_admin", "CHOWN", "NET_BIND_SERVICE", "NET_RAW"])
_option = st.sampled_from(
    ["no-new-privileges", "no-new-privileges:true", "seccomp=unconfined", "seccomp:unconfined", "seccomp=builtin",
     "apparmor=unconfined", "apparmor:docker-default", "label=disable", "label:level:s0", "systempaths=unconfined"]
)  # fmt: skip
_device = st.sampled_from(["/dev/null", "/dev/zero", "/dev/mem", "/dev/kmsg", "/dev/null/../mem"]).map(
    lambda path: Pairs([("PathOnHost", path), ("PathInContainer", "/dev/x"), ("CgroupPermissions", "rwm")])
)
_bind = st.builds(
    lambda source, target, mode: ":".join(part for part in (source, target, mode) if part),
    _path,
    st.sampled_from(["/a", "/b", ""]),
    st.sampled_from(["", "ro", "rw,rshared", "z", "nocopy"]),
)


def _few(items: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(items, max_size=2)


HOST: dict[str, st.SearchStrategy[Any]] = {
    "Privileged": st.booleans() | st.none(),
    "NetworkMode": _words,
    "PidMode": _words,
    "IpcMode": _words,
    "UTSMode": _words,
    "CgroupnsMode": _words,
    "UsernsMode": _words,
    "Binds": _few(_bind) | st.none(),
    "Mounts": _few(_mount),
    "VolumesFrom": _few(st.sampled_from([OTHER, f"{OTHER}:ro", "nobody"])),
    "Tmpfs": st.sampled_from([[], [("/t", "size=1m")], [("/t", "exec,mode=1777")]]).map(Pairs),
    "CapAdd": _few(_capability),
    "CapDrop": _few(_capability),
    "SecurityOpt": _few(_option) | st.none(),
    "Devices": _few(_device),
    "DeviceCgroupRules": _few(st.sampled_from(["a *:* rwm", "c 1:3 r"])),
    "Sysctls": st.sampled_from([[], [("net.core.somaxconn", "9")], [("kernel.msgmax", "9")], [("kernel.x", "1")]]).map(
        Pairs
    ),
    "MaskedPaths": st.sampled_from([None, [], ["/proc/acpi"]]),
    "ReadonlyPaths": st.sampled_from([None, [], ["/proc/bus"]]),
    "Runtime": st.sampled_from(["", "runc", "io.containerd.runc.v2"]),
    "CgroupParent": st.sampled_from(["", "/x"]),
    "VolumeDriver": st.sampled_from(["", "local"]),
    "Memory": st.sampled_from([0, 64 << 20]),
    "PidsLimit": st.sampled_from([None, 0, 100]),
    "PublishAllPorts": st.booleans(),
    "GroupAdd": _few(st.sampled_from(["0", "docker"])),
    "OomScoreAdj": st.sampled_from([0, 500]),
    "Frob": st.booleans(),
}
_TIMES_READ_TWICE = 6
"""One request in so many has a name changed so that two readers may differ."""


def _odd(name: str, how: int) -> str:
    changed = (
        name.lower(),
        name.upper(),
        name.replace("s", "ſ"),
        name.replace("k", "\u212a"),
        name.swapcase(),
        f"{name} ",
    )
    return changed[how]


@st.composite
def create_requests(draw: st.DrawFn) -> bytes:
    names = draw(st.lists(st.sampled_from(sorted(HOST)), max_size=4, unique=True))
    host = Pairs((name, draw(HOST[name])) for name in names)
    if draw(st.integers(0, _TIMES_READ_TWICE)) == 0:
        name = draw(st.sampled_from(sorted(HOST)))
        again = (_odd(name, draw(st.integers(0, 5))) if draw(st.booleans()) else name, draw(HOST[name]))
        host.insert(draw(st.integers(0, len(host))), again)
    body = Pairs([("Image", BUSYBOX), ("Cmd", ["true"]), ("HostConfig", host)])
    if draw(st.booleans()):
        endpoint = Pairs([(draw(st.sampled_from(["bridge", "host", "none"])), Pairs())])
        body.append(("NetworkingConfig", Pairs([("EndpointsConfig", endpoint)])))
    if draw(st.integers(0, _TIMES_READ_TWICE)) == 0:
        name = draw(st.sampled_from(["HostConfig", "hostconfig", "HoſtConfig", "Privileged", "Volumes"]))
        body.append(
            (name, draw(st.sampled_from([None, Pairs([("Privileged", True)]), True, Pairs([("/v", Pairs())])])))
        )
    return written(body).encode()


RUN: dict[str, st.SearchStrategy[Any]] = {
    "Mounts": _few(_mount),
    "CapabilityAdd": _few(_capability),
    "CapabilityDrop": _few(_capability),
    "Sysctls": HOST["Sysctls"],
    "Init": st.booleans() | st.none(),
    "ReadOnly": st.booleans(),
    "Privileges": st.sampled_from(
        [
            [("Seccomp", Pairs([("Mode", "unconfined")]))],
            [("Seccomp", Pairs([("Mode", "default")]))],
            [("AppArmor", Pairs([("Mode", "disabled")]))],
            [("SELinuxContext", Pairs([("Disable", True)]))],
            [("NoNewPrivileges", True)],
        ]
    ).map(Pairs),
    "User": st.sampled_from(["", "1000"]),
}
_target = st.sampled_from(["host", "bridge", "nobody"]).map(lambda name: Pairs([("Target", name)]))
TASK: dict[str, st.SearchStrategy[Any]] = {
    "Runtime": st.sampled_from(["", "container", "plugin"]),
    "Networks": _few(_target),
    "LogDriver": st.sampled_from(["json-file", "syslog", ""]).map(lambda name: Pairs([("Name", name)])),
    "ForceUpdate": st.integers(0, 3),
}


@st.composite
def service_requests(draw: st.DrawFn) -> bytes:
    run = _some(draw, RUN, [("Image", BUSYBOX)])
    task = _some(draw, TASK, [("ContainerSpec", run)])
    mode = Pairs([("Replicated", Pairs([("Replicas", 0)]))])
    return written(Pairs([("Name", "fuzz-service"), ("TaskTemplate", task), ("Mode", mode)])).encode()


def _some(draw: st.DrawFn, kinds: dict[str, st.SearchStrategy[Any]], begun: list[tuple[str, Any]]) -> Pairs:
    """A few settings, of which one in so many comes twice, or in other letters."""
    names = draw(st.lists(st.sampled_from(sorted(kinds)), max_size=2, unique=True))
    found = Pairs([*begun, *((name, draw(kinds[name])) for name in names)])
    if draw(st.integers(0, _TIMES_READ_TWICE)) == 0:
        name = draw(st.sampled_from(sorted(kinds)))
        found.append((_odd(name, draw(st.integers(0, 5))) if draw(st.booleans()) else name, draw(kinds[name])))
    return found


__all__ = ["BOUND_VOLUME", "HOST", "OTHER", "VOLUME", "create_requests", "service_requests"]
