"""Kernel, restart, control groups, security modules, clock, listeners, hardware."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockworthy.facts.host.hardware import count_ranges
from dockworthy.facts.host.kernel import built_on
from dockworthy.facts.host.updates import flavour
from dockworthy.model.field import Set, Unknown, Unset
from dockworthy.model.host import Cgroup, Disk, Host, Listener, Memory, TimeSync

from .host_trees import Tree, debian


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return debian(Tree(tmp_path / "root"))


def value(host: Host, name: str) -> object:
    field = getattr(host, name)
    assert isinstance(field, Set), field
    return field.value


@pytest.mark.parametrize(
    ("version", "built"),
    [
        ("Linux version 6.12 (x) (gcc) #1 SMP PREEMPT_DYNAMIC Debian 6.12.48-1 (2025-09-20)", "2025-09-20"),
        ("Linux version 6.8.0-48-generic (b@c) #48-Ubuntu SMP Fri Sep 27 14:04:52 UTC 2024", "2024-09-27"),
        ("Linux version 5.14.0 (m@b) #1 SMP PREEMPT_DYNAMIC Tue Nov  5 03:01:02 EST 2024", "2024-11-05"),
        ("Linux version 6.18 (x) #1 SMP @0", ""),
        ("", ""),
    ],
)
def test_when_a_kernel_was_built(version: str, built: str) -> None:
    assert built_on(version) == built


def test_name_and_system(tree: Tree) -> None:
    host = tree.read()
    assert value(host, "hostname") == "shop"
    assert host.sysctls["net.ipv4.ip_forward"] != host.sysctls["vm.swappiness"]
    assert isinstance(host.sysctls["vm.swappiness"], Unset)


def test_os_release_of_the_distribution(tmp_path: Path) -> None:
    tree = Tree(tmp_path / "root")
    tree.write("/usr/lib/os-release", "NAME='Fedora Linux'\nID=fedora\nPRETTY_NAME=\n")
    host = tree.read()
    assert isinstance(host.os, Set)
    assert (host.os.value.id, host.os.value.name) == ("fedora", "Fedora Linux")


def restart(tree: Tree) -> tuple[bool, str]:
    field = tree.read().reboot_required
    assert isinstance(field, Set), field
    return field.value, str(field.source)


def test_a_restart_that_the_distribution_asks_for(tree: Tree) -> None:
    tree.write("/run/reboot-required")
    assert restart(tree) == (True, "/var/run/reboot-required")


def test_a_newer_kernel_is_installed(tree: Tree) -> None:
    tree.write("/boot/vmlinuz-6.12.48+deb13-amd64")
    assert restart(tree)[0] is False
    tree.write("/boot/vmlinuz-6.12.57+deb13-rt-amd64")
    assert restart(tree)[0] is False, "of another flavour"
    tree.write("/boot/vmlinuz-6.12.100+deb13-amd64")
    says = "/boot/vmlinuz-6.12.100+deb13-amd64 newer than the running 6.12.48+deb13-amd64"
    assert restart(tree) == (True, says)


def test_modules_tell_where_boot_is_not_there(tree: Tree) -> None:
    tree.path("/usr/lib/modules/6.12.99+deb13-amd64/left-over").write_text("")
    assert restart(tree)[0] is False
    tree.write("/usr/lib/modules/6.12.99+deb13-amd64/modules.dep")
    assert restart(tree)[0] is True


def test_the_running_kernels_package_was_upgraded(tree: Tree) -> None:
    package = "Package: linux-image-6.12.48+deb13-amd64\nStatus: install ok installed\nVersion: {}\n\n"
    tree.write("/var/lib/dpkg/status", package.format("6.12.48-1"))
    assert restart(tree)[0] is False
    tree.write("/var/lib/dpkg/status", package.format("6.12.48-2"))
    assert restart(tree)[0] is True


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ("6.8.0-48-generic", "-generic"),
        ("6.12.48+deb13-cloud-amd64", "-cloud-amd64"),
        ("5.14.0-503.el9_5.x86_64", ""),
        ("", ""),
    ],
)
def test_flavours(release: str, expected: str) -> None:
    assert flavour(release) == expected


def test_control_groups_version_2(tree: Tree) -> None:
    tree.write("/sys/fs/cgroup/cgroup.controllers", "cpu io memory pids\n")
    assert value(tree.read(), "cgroup") == Cgroup(2, ("cpu", "io", "memory", "pids"))


@pytest.mark.parametrize(("unified", "version"), [(True, 0), (False, 1)])
def test_control_groups_version_1_and_hybrid(tree: Tree, unified: bool, version: int) -> None:
    mounts = "1 2 0:1 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    if unified:
        mounts += "2 2 0:2 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
    tree.write("/proc/1/mountinfo", mounts)
    tree.write(
        "/proc/cgroups",
        "#subsys_name\thierarchy\tnum_cgroups\tenabled\nmemory\t4\t1\t1\nrdma\t0\t1\t1\npids\t5\t1\t0\n",
    )
    assert value(tree.read(), "cgroup") == Cgroup(version, ("memory",))


def test_security_modules(tree: Tree) -> None:
    assert isinstance(tree.read().lsm, Unknown)
    tree.write("/sys/module/apparmor/parameters/enabled", "Y\n")
    assert value(tree.read(), "lsm") == ("apparmor",)
    tree.write("/sys/kernel/security/lsm", "lockdown,capability,landlock,yama,apparmor")
    assert value(tree.read(), "lsm") == ("lockdown", "capability", "landlock", "yama", "apparmor")


def test_who_keeps_the_clock(tree: Tree) -> None:
    assert isinstance(tree.read().time_sync, Unset)
    tree.link("/etc/systemd/system/sysinit.target.wants/systemd-timesyncd.service", "/usr/lib/systemd/system/x")
    assert value(tree.read(), "time_sync") == TimeSync("systemd-timesyncd", False)
    tree.process(60, "/usr/lib/systemd/systemd-timesyncd")
    tree.write("/run/systemd/timesync/synchronized")
    assert value(tree.read(), "time_sync") == TimeSync("systemd-timesyncd", True, True)


def test_a_clock_keeper_by_name_only(tree: Tree) -> None:
    tree.process(60, "/usr/bin/vim", "vim", "chronyd")
    assert isinstance(tree.read().time_sync, Unset)


def test_a_masked_keeper_is_none(tree: Tree) -> None:
    tree.link("/etc/systemd/system/multi-user.target.wants/chrony.service", "/usr/lib/systemd/system/chrony.service")
    tree.link("/etc/systemd/system/chrony.service", "/dev/null")
    assert isinstance(tree.read().time_sync, Unset)


ROW = "   0: {}:{:04X} {}:0000 {} 00000000:00000000 00:00000000 00000000  1000        0 {} 1 x 100\n"


def test_listeners_and_who_holds_them(tree: Tree) -> None:
    six = "0" * 32
    tree.process(70, "/usr/sbin/nginx", sockets=(801,))
    tree.process(71, "/usr/sbin/nginx", sockets=(801, 802))
    tree.network(
        {},
        tcp=ROW.format("00000000", 80, "00000000", "0A", 801) + ROW.format("0100007F", 9, "00000000", "01", 809),
        tcp6=ROW.format(six, 443, six, "0A", 802)
        + ROW.format("0000000000000000FFFF00000100007F", 8080, six, "0A", 700)
        + ROW.format("000080FE00000000FF005450B6AD1DFE", 81, six, "0A", 0),
        udp=ROW.format("00000000", 53, "00000000", "07", 803),
    )
    assert value(tree.read(), "listeners") == (
        Listener("tcp", "0.0.0.0", 80, 70, "nginx", 1000),
        Listener("tcp6", "fe80::5054:ff:fe1d:adb6", 81, 0, "", 1000),
        Listener("tcp6", "::", 443, 71, "nginx", 1000),
        Listener("tcp6", "127.0.0.1", 8080, 500, "dockerd", 1000),
        Listener("udp", "0.0.0.0", 53, 0, "", 1000),
    )


def test_memory_and_processors(tree: Tree) -> None:
    tree.write("/proc/meminfo", "MemTotal: 4 kB\nMemAvailable: 2 kB\nSwapTotal: 1 kB\nSwapFree: 0 kB\n")
    tree.write("/proc/cpuinfo", "processor\t: 0\nflags\t: fpu\n\nprocessor\t: 1\nflags\t: fpu\n")
    tree.write("/proc/loadavg", "0.5 1.0 2.25 1/2 3\n")
    host = tree.read()
    assert value(host, "memory") == Memory(4096, 2048, 1024, 0)
    assert value(host, "cpus") == 2
    assert value(host, "load") == (0.5, 1.0, 2.25)
    assert value(host, "virtualization") == "none"


@pytest.mark.parametrize(
    ("text", "count"), [("0-3,8", 5), ("0", 1), ("", 0), ("x", 0), ("3-1", 0), ("0-99999999999", 0)]
)
def test_processor_lists(text: str, count: int) -> None:
    assert count_ranges(text) == count


@pytest.mark.parametrize("text", ["", "x", "nan 1 1", "1 2", "inf 0 0"])
def test_a_load_that_is_none(tree: Tree, text: str) -> None:
    tree.write("/proc/loadavg", text)
    assert isinstance(tree.read().load, Unknown)


def test_disks_and_their_health(tree: Tree) -> None:
    tree.write("/sys/block/sda/size", "2048\n")
    tree.write("/sys/block/sda/device/ioerr_cnt", "0x1f\n")
    tree.write("/sys/block/sda/device/state", "running\n")
    tree.write("/sys/block/sda/device/model", "GOOD DISK   \n")
    tree.write("/sys/block/sda/queue/rotational", "1\n")
    tree.write("/sys/block/md0/md/array_state", "clean\n")
    tree.write("/sys/block/md0/md/degraded", "1\n")
    tree.write("/sys/block/loop0/size", "8\n")
    assert value(tree.read(), "disks") == (
        Disk("md0", 0, state="degraded"),
        Disk("sda", 1 << 20, "GOOD DISK", io_errors=31, state="running", rotational=True),
    )


def test_errors_of_the_memory(tree: Tree) -> None:
    assert isinstance(tree.read().memory_errors, Unset)
    tree.write("/sys/devices/system/edac/mc/mc0/ce_count", "3\n")
    tree.write("/sys/devices/system/edac/mc/mc0/ue_count", "1\n")
    assert value(tree.read(), "memory_errors") == 4


@pytest.mark.parametrize(
    ("path", "content", "kind"),
    [
        ("/run/systemd/container", "lxc", "container"),
        ("/sys/hypervisor/type", "xen", "xen"),
        ("/proc/cpuinfo", "flags\t: fpu hypervisor\n", "vm"),
        ("/sys/class/dmi/id/sys_vendor", "Amazon EC2", "amazon"),
        ("/proc/sys/kernel/osrelease", "5.15.90.1-microsoft-standard-WSL2", "wsl"),
    ],
)
def test_what_the_machine_is(tree: Tree, path: str, content: str, kind: str) -> None:
    assert isinstance(tree.read().virtualization, Unknown)
    tree.write(path, content)
    assert value(tree.read(), "virtualization") == kind


def test_name_servers(tree: Tree) -> None:
    tree.write("/etc/resolv.conf", "# x\nsearch example\nnameserver 192.0.2.1\nnameserver\nnameserver ::1\n")
    assert value(tree.read(), "dns") == ("192.0.2.1", "::1")


@pytest.mark.parametrize(
    "group",
    [
        f"0::/system.slice/docker-{'a1' * 32}.scope",
        f"5:devices:/docker/{'a1' * 32}\n0::/system.slice/containerd.service",
        "0::/kubepods/besteffort/pod1/x",
        "0::/machine.slice/libpod-x.scope",
        "0::/lxc.payload.shop",
        "0::/lxc.payload/shop",
        "0::/lxc/shop",
        "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/x",
        "0::/kubepods-besteffort-pod1.slice/x",
        f"0::/system.slice/crio-{'a1' * 32}.scope",
        f"0::/user.slice/user-1000.slice/user@1000.service/user.slice/docker-{'a1' * 32}.scope",
    ],
)
def test_a_clock_keeper_in_a_container_is_none_of_the_host(tree: Tree, group: str) -> None:
    tree.process(60, "/usr/sbin/chronyd")
    tree.write("/proc/60/cgroup", group)
    assert isinstance(tree.read().time_sync, Unset)
    tree.write("/proc/60/cgroup", "0::/system.slice/chrony.service")
    assert value(tree.read(), "time_sync").service == "chrony"


@pytest.mark.parametrize(
    "group",
    [
        "0::/system.slice/docker.service",
        "0::/user.slice/user-1000.slice/user@1000.service/app.slice/docker-x.service",
        "0::/docker",
    ],
)
def test_a_service_that_is_called_as_containers_are_is_of_the_host(tree: Tree, group: str) -> None:
    tree.process(60, "/usr/sbin/chronyd")
    tree.write("/proc/60/cgroup", group)
    assert value(tree.read(), "time_sync").service == "chrony"
