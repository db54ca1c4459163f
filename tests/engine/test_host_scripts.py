"""What is put into a script is never read as shell, and a script comes as it is."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from dockworthy.host_scripts import HostScript

ODD = ("", "a b", "$(touch made)", "'", '"', "`touch made`", "a\nb", "-n", "*", "\\", "@name@")


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HostScript:
    """Of a package of its own."""
    package = tmp_path / "shell_of_a_test"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "say.sh").write_text(
        '# shellcheck shell=sh\n# Says.\n# end\nprintf \'<%s>\' "$@" "$value" @name@\n# x\n'
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    return HostScript(package.name, "say.sh")


def _said(text: str, folder: Path) -> str:
    done = subprocess.run(["sh", "-c", text], capture_output=True, text=True, check=True, cwd=folder)
    assert not (folder / "made").exists()
    return done.stdout


def test_arguments_and_variables_come_as_they_are(script: HostScript, tmp_path: Path) -> None:
    for odd in ODD:
        told = _said(script.with_arguments(*ODD, 7, value=odd), tmp_path)
        assert told == "".join(f"<{each}>" for each in (*ODD, "7", odd, "@name@"))


def test_places_are_filled_once(script: HostScript) -> None:
    assert '$value" @other@\n' in script.filled({"name": "@other@", "other": "wrong"})
    with pytest.raises(KeyError):
        script.filled({})


def test_of_the_bare_text_only_the_head_is_missing(script: HostScript) -> None:
    assert script.bare == script.text.split("# end\n")[1]
    assert script.bare.endswith("# x\n")
