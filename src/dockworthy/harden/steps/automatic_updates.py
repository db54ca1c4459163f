"""Security updates that install themselves, the engine's own packages left out: those restart containers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...model.field import Set, Unset
from ...model.finding import Finding
from ...model.hardening import NotDone, Run, Step, WriteFile
from ...model.host import AutomaticUpdates
from ..packages import Installing, install, installed_words, installing_of, question
from ..situation import Planning, Situation, causes_of

FILE = "/etc/apt/apt.conf.d/60dockworthy-updates"
_PROGRAM = "unattended-upgrades"
_TIMERS = ("apt-daily.timer", "apt-daily-upgrade.timer")
_MASKED = "masked timers of apt"
_ASK_MASKED = (
    f'for timer in {" ".join(_TIMERS)}; do [ "$(readlink -f /etc/systemd/system/$timer)" != /dev/null ] || '
    "echo $timer; done"
)

_SETTINGS = """\
// Written by dockworthy harden: security updates install themselves.
APT::Periodic::Enable "1";
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
Unattended-Upgrade::Origins-Pattern {
    "origin=Debian,codename=${distro_codename}-security,label=Debian-Security";
    "origin=Ubuntu,archive=${distro_codename}-security,label=Ubuntu";
};
// A new engine or runtime restarts containers: upgrade these by plan, host by host.
Unattended-Upgrade::Package-Blacklist {
    "docker\\.io$";
    "docker-(ce|engine|compose|buildx)";
    "moby-";
    "containerd(\\.io)?$";
    "runc$";
    "crun$";
};
"""
"""The names are regular expressions, matched from a name's first letter (unattended-upgrades, README.md)."""


def plan_automatic_updates(findings: Sequence[Finding], situation: Situation) -> Iterator[Step | NotDone]:
    control, field = findings[0].control, situation.machine.host.automatic_updates
    updates = field.value if isinstance(field, Set) else AutomaticUpdates("", False)
    if updates.program not in ("", _PROGRAM):
        yield NotDone(
            id=control,
            why=f"{updates.program} keeps its own settings, which are not changed here",
            instead="set apply_updates = yes in /etc/dnf/automatic.conf, exclude the engine's packages there, and "
            "switch it on: systemctl enable --now dnf-automatic.timer",
        )
        return
    installing = installing_of(situation.answers, _PROGRAM) if isinstance(field, Unset) or not updates.program else None
    if installing is not None and installing.refused:
        yield NotDone(id=control, why=installing.refused, instead=installing.instead)
        return
    yield _step(findings, installing, situation)


def _step(findings: Sequence[Finding], installing: Installing | None, situation: Situation) -> Step:
    masked = situation.answers.get(_MASKED, "").split()
    runs = [install(installing, _PROGRAM)] if installing else []
    if masked:
        argv = ("systemctl", "unmask", "--now", *masked)
        runs.append(Run(argv=argv, undo=("systemctl", "mask", "--now", *masked), says="apt's timers stay masked"))
    return Step(
        id=findings[0].control,
        title="Security updates of the host install themselves, those of the engine do not",
        causes=causes_of(findings),
        deeds=(
            WriteFile(path=FILE, before=situation.files.get(FILE), after=_SETTINGS, mode=0o644, owner=(0, 0)),
            *runs,
        ),
        disturbs=(
            *(installed_words(installing, _PROGRAM) if installing else ()),
            "services restart when their update comes; the host itself is never rebooted by it",
            f"the engine waits for you: {upgrade_command(situation)}",
        ),
        undone_by="the file as it was" + (f", and {_PROGRAM} purged" if installing else ""),
    )


def upgrade_command(situation: Situation, names: Sequence[str] = ()) -> str:
    """How a person upgrades the engine and its runtimes (or `names`), with apt."""
    packages = situation.machine.host.packages
    found = packages.value if isinstance(packages, Set) else ()
    ours = [package for package in found if (package.name in names if names else _is_runtime(package.name))]
    wanted = " ".join(package.name for package in ours) or "docker.io containerd runc"
    held = " ".join(package.name for package in ours if package.held)
    upgrade = f"apt-get install --only-upgrade {wanted}"
    return "apt-get update && " + (f"apt-mark unhold {held} && {upgrade} && apt-mark hold {held}" if held else upgrade)


def _is_runtime(name: str) -> bool:
    return name.startswith(("docker", "moby-", "containerd", "runc", "crun"))


PLANNINGS = {
    "host/automatic-updates": Planning(
        plan=plan_automatic_updates, reads=(FILE,), asks={_MASKED: _ASK_MASKED, **question(_PROGRAM)}
    ),
}
