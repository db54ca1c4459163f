"""Installed packages, what the lists offer, and whether updates install themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockworthy.facts.host.updates import parse_apt_conf
from dockworthy.model.field import Set, Unknown, Unset
from dockworthy.model.host import AutomaticUpdates, Package

from .host_trees import Tree

LISTS = "/var/lib/apt/lists"
SECURITY = f"{LISTS}/archive.example.org_debian-security_dists_trixie-security_main_binary-amd64_Packages"
MAIN = f"{LISTS}/archive.example.org_debian_dists_trixie_main_binary-amd64_Packages"
BACKPORTS = f"{LISTS}/archive.example.org_debian_dists_trixie-backports_main_binary-amd64_Packages"


def stanza(name: str, version: str, *, architecture: str = "amd64", status: str = "") -> str:
    installed = f"Status: {status}\n" if status else ""
    return f"Package: {name}\n{installed}Architecture: {architecture}\nVersion: {version}\nDescription: x\n y\n\n"


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    tree = Tree(tmp_path / "root")
    tree.write(
        "/var/lib/dpkg/status",
        stanza("docker.io", "26.1.5-1", status="install ok installed")
        + stanza("runc", "1.1.12-1", status="hold ok installed")
        + stanza("containerd", "1.7", status="deinstall ok config-files")
        + stanza("docker-clean", "1", status="install ok installed")
        + stanza("bash", "5", status="install ok installed"),
    )
    return tree


def packages(tree: Tree) -> dict[str, Package]:
    field = tree.read().packages
    assert isinstance(field, Set), field
    return {package.name: package for package in field.value}


def test_only_what_is_installed_and_ours(tree: Tree) -> None:
    found = packages(tree)
    assert found.keys() == {"docker.io", "runc"}
    assert found["runc"].held
    assert not found["docker.io"].listed, "without lists nobody knows whether it is the newest"


def test_the_newest_is_known_as_such(tree: Tree) -> None:
    tree.write(MAIN, stanza("docker.io", "26.1.5-1"))
    package = packages(tree)["docker.io"]
    assert (package.candidate, package.listed) == ("", True)
    assert not packages(tree)["runc"].listed


def test_a_candidate_and_where_it_comes_from(tree: Tree) -> None:
    tree.write(MAIN, stanza("a", "1") + stanza("docker.io", "26.1.5-1") + stanza("runc", "1.1.12-2"))
    tree.write(SECURITY, stanza("docker.io", "26.1.5-1+deb13u1"))
    found = packages(tree)
    assert (found["docker.io"].candidate, found["docker.io"].security) == ("26.1.5-1+deb13u1", True)
    assert (found["runc"].candidate, found["runc"].security) == ("1.1.12-2", False)


def test_a_security_update_below_a_newer_ordinary_one_still_counts(tree: Tree) -> None:
    tree.write(MAIN, stanza("docker.io", "27.0-1"))
    tree.write(SECURITY, stanza("docker.io", "26.1.5-2"))
    package = packages(tree)["docker.io"]
    assert (package.candidate, package.security) == ("27.0-1", True)


def test_older_versions_and_other_architectures_are_no_candidates(tree: Tree) -> None:
    tree.write(MAIN, stanza("docker.io", "26.1.5-1~rc1") + stanza("docker.io", "99", architecture="i386"))
    assert packages(tree)["docker.io"].candidate == ""


def test_backports_are_no_candidates_unless_installed_from_there(tree: Tree) -> None:
    tree.write(f"{LISTS}/archive.example.org_debian_dists_trixie-backports_InRelease", "Suite: x\nNotAutomatic: yes\n")
    tree.write(BACKPORTS, stanza("docker.io", "28-1~bpo13+1"))
    assert packages(tree)["docker.io"].candidate == ""
    tree.write(BACKPORTS, stanza("docker.io", "26.1.5-1") + stanza("docker.io", "28-1~bpo13+1"))
    assert packages(tree)["docker.io"].candidate == "28-1~bpo13+1"


def test_compressed_lists_of_another_root_leave_it_open(tree: Tree) -> None:
    tree.write(MAIN, stanza("docker.io", "26.1.5-1"))
    tree.write(f"{SECURITY}.lz4", b"\x04")
    assert not packages(tree)["docker.io"].listed


def test_an_empty_list_is_a_list(tree: Tree) -> None:
    tree.write(MAIN, "")
    tree.write(SECURITY, stanza("docker.io", "26.1.5-1"))
    assert packages(tree)["docker.io"].listed


def test_other_package_managers_are_asked_by_their_own_program(tmp_path: Path) -> None:
    tree = Tree(tmp_path / "rpm")
    tree.write("/var/lib/rpm/rpmdb.sqlite", b"x")
    field = tree.read().packages
    assert isinstance(field, Unknown)
    assert "dnf list --upgrades" in field.tell


def test_no_package_manager(tmp_path: Path) -> None:
    assert isinstance(Tree(tmp_path / "empty").read().packages, Unset)


def updates(tree: Tree) -> AutomaticUpdates:
    field = tree.read().automatic_updates
    assert isinstance(field, Set), field
    return field.value


@pytest.mark.parametrize(
    ("conf", "enabled"),
    [
        ('APT::Periodic::Unattended-Upgrade "1";', True),
        ('APT { Periodic { Unattended-Upgrade "1"; }; };', True),
        ('APT::Periodic::Unattended-Upgrade "0";', False),
        ('// APT::Periodic::Unattended-Upgrade "1";', False),
        ('APT::Periodic::Unattended-Upgrade "1"; APT::Periodic::Enable "0";', False),
        ("", False),
    ],
)
def test_unattended_upgrades(tree: Tree, conf: str, enabled: bool) -> None:
    tree.write("/usr/bin/unattended-upgrade")
    tree.write("/etc/apt/apt.conf.d/20auto-upgrades", conf)
    assert updates(tree).enabled is enabled


def test_a_later_file_wins_and_a_masked_timer_stops_all(tree: Tree) -> None:
    tree.write("/usr/bin/unattended-upgrade")
    tree.write("/etc/apt/apt.conf.d/20auto-upgrades", 'APT::Periodic::Unattended-Upgrade "0";')
    tree.write("/etc/apt/apt.conf.d/99ours", 'APT::Periodic::Unattended-Upgrade "1";')
    tree.write("/etc/apt/apt.conf.d/99ours.dpkg-old", 'APT::Periodic::Unattended-Upgrade "0";')
    assert updates(tree).enabled
    tree.link("/etc/systemd/system/apt-daily-upgrade.timer", "/dev/null")
    assert not updates(tree).enabled


def test_what_may_install_itself(tree: Tree) -> None:
    tree.write("/usr/bin/unattended-upgrade")
    tree.write(
        "/etc/apt/apt.conf.d/50unattended-upgrades",
        'Unattended-Upgrade::Allowed-Origins {\n // "no";\n "${distro_id}:${distro_codename}-security";\n};\n'
        'Unattended-Upgrade::Origins-Pattern { "origin=Docker"; };\n',
    )
    assert updates(tree).origins == ("${distro_id}:${distro_codename}-security", "origin=Docker")


def test_no_program_for_updates(tree: Tree) -> None:
    tree.write("/etc/apt/sources.list")
    assert isinstance(tree.read().automatic_updates, Unset)


@pytest.mark.parametrize(("applies", "enabled"), [("yes", True), ("no", False)])
def test_dnf_automatic(tmp_path: Path, applies: str, enabled: bool) -> None:
    tree = Tree(tmp_path / "rpm")
    tree.write("/etc/dnf/automatic.conf", f"[commands]\nupgrade_type = security\napply_updates = {applies}\n")
    tree.link(
        "/etc/systemd/system/timers.target.wants/dnf-automatic.timer", "/usr/lib/systemd/system/dnf-automatic.timer"
    )
    found = updates(tree)
    assert (found.program, found.enabled, found.origins) == ("dnf-automatic", enabled, ("security",))
    tree.write("/etc/dnf/automatic.conf", "not an ini file")
    assert isinstance(tree.read().automatic_updates, Unknown)


def test_apt_conf_syntax() -> None:
    text = 'A::B "1"; /* x */ A { C "2"; # no\n D { "i"; "j"; }; };\nE::F:: "k";'
    assert list(parse_apt_conf(text)) == [("a::b", "1"), ("a::c", "2"), ("a::d", "i"), ("a::d", "j"), ("e::f", "k")]
