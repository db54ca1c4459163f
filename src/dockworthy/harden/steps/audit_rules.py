"""Rules by which the kernel's audit log records use and change of the engine's files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...controls.file_modes import role_of
from ...controls.host.audit_rules import ROLES
from ...host_scripts import HostScript
from ...model.field import Field, Set, Unset
from ...model.finding import Finding
from ...model.hardening import Effect, NotDone, Run, Step, WriteFile
from ...model.host import FileMode
from ..packages import Installing, install, installed_words, installing_of, question
from ..situation import Planning, Situation, causes_of

FILE = "/etc/audit/rules.d/60-dockworthy.rules"
_HEAD = "# Written by dockworthy harden.\n"
_KEY = "docker"
_KERNEL = "audit in the kernel"
_ASK_KERNEL = HostScript(__package__, "kernel_audit.sh")
"""Is the kernel's audit this host's own to set, and is it locked (`enabled 2`)?"""

_FOLDERS = Run(
    argv=("chmod", "0750", "/etc/audit", "/etc/audit/rules.d"),
    undo=("sh", "-c", "command -v auditctl >/dev/null && { auditctl -D; auditctl -e 0; } >/dev/null 2>&1; :"),
    says="the folder of the rules could not be closed",
)
"""Where auditd is new. What is loaded in the kernel would outlive the package that loaded it."""

_RUNS = Run(argv=("sh", "-c", "[ ! -d /run/systemd/system ] || systemctl is-active auditd"), says="auditd does not run")


def plan_audit_rules(findings: Sequence[Finding], situation: Situation) -> Iterator[Step | NotDone]:
    """One file of rules for all that is not watched yet, and auditd where there is none."""
    control, host = findings[0].control, situation.machine.host
    kernel = situation.answers.get(_KERNEL, "").strip()
    if kernel == "guest":
        yield NotDone(
            id=control,
            why="this host is a container itself: the kernel's audit log belongs to the machine around it",
            instead="write the rules there, with the paths as that machine sees them",
        )
        return
    if isinstance(host.audit_rules, Set) and "-e 0" in host.audit_rules.value:
        yield NotDone(
            id=control,
            why="a rule -e 0 switches auditing off, and somebody wrote it",
            instead="grep -rn -e '-e 0' /etc/audit, remove it, then run this again",
        )
        return
    installing = installing_of(situation.answers, "auditd") if isinstance(host.audit_rules, Unset) else None
    if installing is not None and installing.refused:
        yield NotDone(id=control, why=installing.refused, instead=installing.instead)
        return
    yield _step(findings, _unwatched(findings, situation), installing, situation, locked=kernel == "enabled 2")


def _step(
    findings: Sequence[Finding], paths: Sequence[str], installing: Installing | None, situation: Situation, locked: bool
) -> Step:
    before = situation.files.get(FILE)
    # Where somebody's own rule keeps the others from being loaded, the old ones can't be loaded either.
    back = ("sh", "-c", "augenrules --load || echo 'the rules that are in /etc/audit can not be loaded'")
    load = Run(argv=("augenrules", "--load"), undo=back, says="the rules could not be loaded")
    # Freshly installed, it loads what it finds in its folder by itself when it starts.
    runs = (install(installing, "auditd"), _FOLDERS, _RUNS) if installing else () if locked else (load,)
    volumes = "each file written in the data root is recorded: give its log room (max_log_file in auditd.conf)"
    return Step(
        id=findings[0].control,
        title="The audit log records use and change of the engine's files",
        causes=causes_of(findings),
        deeds=(
            WriteFile(path=FILE, before=before, after=_with_rules(before, paths), mode=0o640, owner=(0, 0)),
            *runs,
        ),
        effect=Effect.REBOOT if locked else Effect.AT_ONCE,
        disturbs=(*(installed_words(installing, "auditd") if installing else ()), volumes),
        undone_by="the file as it was, " + ("and auditd purged" if installing else "and the rules loaded again"),
        pending="the rules are locked (-e 2) until the next reboot" if locked else "",
    )


def _unwatched(findings: Sequence[Finding], situation: Situation) -> list[str]:
    """Paths of the findings, or, where there is no audit at all, all that the control asks about."""
    named = [finding.subject.partition(":")[2] for finding in findings]
    files = situation.machine.host.files
    return sorted(
        _real(path, field)
        for path, field in files.items()
        if isinstance(field, Set) and role_of(field) in ROLES and (path in named or not any(named))
    )


def _real(path: str, field: Field[FileMode]) -> str:
    """A watch on a link would watch the link alone."""
    source = field.source if isinstance(field, Set) else None
    return source.via.where if source is not None and source.via is not None else path


def _with_rules(before: str | None, paths: Sequence[str]) -> str:
    lines = (before or _HEAD).splitlines()
    return "\n".join(dict.fromkeys([*lines, *(f"-w {path} -p wa -k {_KEY}" for path in paths)])) + "\n"


PLANNINGS = {
    "host/audit-rules": Planning(
        plan=plan_audit_rules, reads=(FILE,), asks={_KERNEL: _ASK_KERNEL.text, **question("auditd")}
    ),
}
