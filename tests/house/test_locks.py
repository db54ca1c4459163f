"""The lock files say what pyproject.toml asks for, each package by its hash, and nothing about where they were made."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock")


def entries(lock: str) -> dict[str, tuple[str, int]]:
    """Package -> its version, and how many hashes stand with it."""
    found: dict[str, tuple[str, int]] = {}
    name = ""
    for line in (ROOT / lock).read_text().splitlines():
        if match := re.match(r"([a-z0-9.-]+)==(\S+)(?: ; [^\\]+)? \\$", line):
            name = match[1]
            found[name] = (match[2], 0)
        elif re.match(r"    --hash=sha256:[0-9a-f]{64}( \\)?$", line):
            version, hashes = found[name]
            found[name] = (version, hashes + 1)
        else:
            assert line.startswith(("#", "    #")) or not line, f"{lock}: neither package, hash nor remark: {line}"
    return found


def asked(extra: str = "") -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = project["dependencies"] + (project["optional-dependencies"][extra] if extra else [])
    return [Requirement(name) for name in names]


@pytest.mark.parametrize(("lock", "extra"), [("requirements.lock", ""), ("requirements-dev.lock", "dev")])
def test_every_dependency_is_locked_to_a_version_that_fits(lock: str, extra: str) -> None:
    locked = entries(lock)
    for requirement in asked(extra):
        version, _ = locked[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), f"{requirement}: {version} is locked (run setup/lock)"


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_has_hashes(lock: str) -> None:
    assert [name for name, (_, hashes) in entries(lock).items() if not hashes] == []


def test_the_tools_of_the_developers_do_not_change_what_runs() -> None:
    runtime, developers = entries(LOCKS[0]), entries(LOCKS[1])
    both = runtime.keys() & developers.keys()
    assert {name: runtime[name] for name in both} == {name: developers[name] for name in both}
    assert runtime.keys() - both <= {"setuptools"}  # builds dockworthy itself


@pytest.mark.parametrize("lock", LOCKS)
def test_no_place_is_named(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text and "--index" not in text and "--find" not in text
    assert re.search(r"(^|\s)/\w", text) is None
