"""What apt says it would do, and what becomes of that: a plan, or the reason why not."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from dockworthy.harden.packages import install, installed_words, installing_of, question
from patience import patience

AUDITD = """\
NOTE: This is only a simulation!
Inst libaudit1 [1:4.0.2-2] (1:4.0.2-3 Debian:13.8/stable [amd64])
Inst libauparse0t64 (1:4.0.2-3 Debian:13.8/stable [amd64])
Inst auditd (1:4.0.2-3 Debian:13.8/stable [amd64])
Conf libauparse0t64 (1:4.0.2-3 Debian:13.8/stable [amd64])
"""


def answers(text: str) -> dict[str, str]:
    return dict.fromkeys(question("auditd"), text)


def test_what_is_new_is_taken_back_and_what_is_upgraded_is_said() -> None:
    installing = installing_of(answers(AUDITD), "auditd")
    assert installing.new == ("libauparse0t64", "auditd") and not installing.refused
    assert "upgrades libaudit1" in " ".join(installed_words(installing, "auditd"))
    run = install(installing, "auditd")
    assert "--no-remove" in run.argv and run.argv[-1] == "auditd"
    assert run.undo[-3:] == ("auditd", "--", "libauparse0t64")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("E: Unable to locate package auditd\n", "Unable to locate"),
        ("E: there is no apt here\n", "no apt here"),
        (AUDITD + "Remv rsyslog [8.2504]\n", "remove or upgrade rsyslog"),
        (AUDITD + "Inst containerd [1.7.24] (1.7.25 Debian:13.8/stable [amd64])\n", "remove or upgrade containerd"),
        ("auditd is already the newest version (1:4.0.2-3).\n", "apt does not say"),
        ("", "apt does not say"),
    ],
)  # fmt: skip
def test_what_would_harm_is_left_to_people(answer: str, why: str) -> None:
    installing = installing_of(answers(answer), "auditd")
    assert why in installing.refused and installing.instead
    assert installing.new == ()


FAKE_APT = """#!/bin/sh
for word in "$@"; do case $word in -s) simulates=yes ;; --autoremove) also=yes ;; esac; done
if [ -n "$simulates" ]; then
    echo "Purg auditd [1]"
    [ -z "$also" ] || printf 'Purg %s [1]\\n' libauparse0t64 somebodys-own
    [ ! -e "$FAKE/dependent" ] || echo "Purg audispd-plugins [1]"
else
    echo "$@" >>"$FAKE/done"
fi
"""


@pytest.mark.parametrize("dependent", [False, True])
def test_taking_back_takes_ours_and_nothing_of_others(tmp_path: Path, dependent: bool) -> None:
    """A package that somebody installed since needs it: that can't be had offline, so apt and dpkg are played here."""
    for name, text in (("apt-get", FAKE_APT), ("dpkg-query", "#!/bin/sh\necho installed\n"), ("dpkg", "#!/bin/sh\n")):
        program = tmp_path / name
        program.write_text(text)
        program.chmod(0o755)
    if dependent:
        (tmp_path / "dependent").touch()
    undo = install(installing_of(answers(AUDITD), "auditd"), "auditd").undo
    done = subprocess.run(
        undo,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "FAKE": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=patience(60),
    )
    if dependent:
        assert done.returncode == 1 and "audispd-plugins needs auditd by now" in done.stderr
        assert not (tmp_path / "done").exists()
    else:
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "done").read_text().split()[-3:] == ["purge", "auditd", "libauparse0t64"]
