"""The wheel holds all that the program reads, and works where nothing else of this folder is."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.program  # a build: too slow for `./test fast`
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the files that Git knows, as a release is: a build folder of earlier times can't add to it."""
    source, made = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    known = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "src", "docs/man", "pyproject.toml", "README.md", "LICENSE"],
        capture_output=True, text=True, check=True,
    ).stdout.split("\0")  # fmt: skip
    for name in filter(None, known):
        if (ROOT / name).exists():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir"]
    done = subprocess.run([*build, str(made), str(source)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (path,) = made.glob("*.whl")
    return path


def test_every_file_of_the_program_is_in_it(wheel: Path) -> None:
    """A file that is not Python comes along only where pyproject.toml names it."""
    known = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "src/dockworthy"], capture_output=True, text=True, check=True
    ).stdout.split("\0")
    wanted = {name.removeprefix("src/") for name in known if name and (ROOT / name).exists()}
    held = set(zipfile.ZipFile(wheel).namelist())
    assert sorted(wanted - held) == []


def test_it_brings_manual_and_licence(wheel: Path) -> None:
    held = zipfile.ZipFile(wheel).namelist()
    assert any(name.endswith("/data/share/man/man1/dockworthy.1") for name in held)
    assert any(name.endswith("/LICENSE") for name in held)


def test_the_program_works_from_it(wheel: Path, tmp_path: Path) -> None:
    """In an environment that knows this one's libraries, but not this folder."""
    venv.create(tmp_path / "venv", with_pip=False, symlinks=True)
    python = tmp_path / "venv/bin/python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True)
    (site,) = (tmp_path / "venv/lib").glob("python*/site-packages")
    (libraries,) = (ROOT / ".venv/lib").glob("python*/site-packages")
    (site / "libraries.pth").write_text(f"{libraries}\n")  # a .pth of a .pth is not read: the editable clone stays out
    compose = tmp_path / "compose.yaml"
    compose.write_text("services:\n  web:\n    image: shop/web:1\n    privileged: true\n")
    done = subprocess.run(
        [tmp_path / "venv/bin/dockworthy", "check", str(compose)], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 1, done.stderr
    assert "privileged" in done.stdout
    where = subprocess.run(
        [python, "-c", "import dockworthy; print(dockworthy.__file__)"], capture_output=True, text=True, check=True
    )
    assert where.stdout.startswith(str(tmp_path))
