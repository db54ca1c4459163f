"""Proves a repair: plan -> make what is safe -> run the services and see what they work with -> judge: the story of
`dockworthy fix --verify`. Nothing is written here; `repair.write_repair` does that, as with every repair."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from msgspec import structs

from .errors import UsageError
from .fix.choosing import failing, make
from .fix.compose_edit import edit_compose
from .fix.verify import Options, Verified, prove
from .fix.verify.fitting import CANT_BE_WRITTEN
from .fix.verify.prove_service import NOT_TOGETHER
from .model.fix import Fix, FixKind
from .model.repair import FileRepair, Repair
from .model.verified import ProvenChange, ProvenNeed
from .repair import RepairOptions, findings_of_text


def prove_repair(repair: Repair, asked: RepairOptions, options: Options, *, say: Callable[[str], None]) -> Repair:
    """The repair with its safe fixes, and of all others what the services were seen to work with.

    Raises UsageError where it is not about one file alone, and what `fix.verify.prove` raises: then nothing is known,
    and nothing is to be written.
    """
    file = _the_one(repair)
    safe = make(file.old, [fix for fix in file.made if fix.kind is FixKind.SAFE], file=file.file)
    verified = prove(file.file, safe.text, candidates=file.made, options=options, say=say)
    new = edit_compose(safe.text, verified.changes, file=file.file) if verified.changes else safe.text
    before, after = (failing(findings_of_text(file.file, text, asked)) for text in (file.old, new))
    shown = {(service, control) for service, control in _kept_controls(verified.kept)}
    tried = shown | {(each.service, control) for each in verified.refused for control in each.controls}
    proven = structs.replace(
        file,
        new=new,
        made=(*safe.made, *_fixes(file, verified, after)),
        not_made=tuple(left for left in file.not_made if _key(left.fix) not in shown),
        offered=tuple(fix for fix in file.made if fix.kind is FixKind.TO_BE_PROVEN and _key(fix) not in tried),
        verified=structs.replace(
            verified,
            notes=(*verified.notes, *_new_failures(before, after)),
            needs=tuple(_needs(file, verified, after)),
        ),
    )
    return structs.replace(repair, files=(proven,))


def _the_one(repair: Repair) -> FileRepair:
    """Several files may be several projects: which of them belong together, only a person knows."""
    if repair.unread:
        name, why = repair.unread[0]
        raise UsageError(why if why.startswith(name) else f"{name}: {why}")
    files = [file for file in repair.files if not file.is_build]
    if not files:
        raise UsageError("--verify runs the services of a Compose file, and here is none", hint="name one")
    if len(files) != 1:
        names = ", ".join(file.file for file in files[:4])
        raise UsageError(
            f"--verify proves one Compose file at a time, and here are {len(files)}: {names}",
            hint="name the one that is to be proven",
        )
    return files[0]


def _kept_controls(kept: Iterable[ProvenChange]) -> Iterator[tuple[str, str]]:
    for each in kept:
        yield from ((each.service, control) for control in each.controls)


def _fixes(file: FileRepair, verified: Verified, after: set[tuple[str, str]]) -> Iterator[Fix]:
    """What is kept, as the repair of the findings that are gone with it."""
    said = {(each.service, control): each for each in verified.kept for control in each.controls}
    for fix in file.made:
        kept = said.get(_key(fix))
        if fix.kind is FixKind.TO_BE_PROVEN and kept and (fix.control, fix.subject) not in after:
            yield structs.replace(fix, says=kept.says, changes=kept.changes, may_break="")


def _needs(file: FileRepair, verified: Verified, after: set[tuple[str, str]]) -> Iterator[ProvenNeed]:
    """What fails still, and was seen to be needed: the next run would try in vain to take it away."""
    failing_still = {_key(fix): fix.control for fix in file.made if (fix.control, fix.subject) in after}
    seen = [
        (kept.service, kept.controls, f"fix --verify: {kept.says}, for with none {kept.because}")
        for kept in verified.kept
        if kept.because
    ]
    seen += [
        (
            refused.service,
            refused.controls,
            f"fix --verify: not with this: {refused.says}: {refused.why}: {refused.log}",
        )
        for refused in verified.refused
        if not refused.why.startswith((CANT_BE_WRITTEN, NOT_TOGETHER))
    ]
    told: set[tuple[str, str]] = set()
    for service, controls, reason in seen:
        for control in controls:
            if (service, control) in failing_still and (service, control) not in told:
                told.add((service, control))
                yield ProvenNeed(control=control, service=service, reason=reason.removesuffix(": "))


def _key(fix: Fix) -> tuple[str, str]:
    return (fix.changes[0].service if fix.changes else "", fix.control)


def _new_failures(before: set[tuple[str, str]], after: set[tuple[str, str]]) -> Iterator[str]:
    """What the tighter file says openly and the old one left to the engine's defaults."""
    for control, subject in sorted(after - before):
        yield f"{subject.rsplit('#', 1)[-1]} now fails {control}: what it needs is written down, where it was tacit"
