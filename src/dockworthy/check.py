"""Are these files fit for production? Read -> judge -> answer: the whole story of `dockworthy check`."""

from __future__ import annotations

import datetime
import os
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from msgspec import structs

from .controls.judging import judge_written
from .errors import UnreadableInput, UsageError
from .facts.file_secrets import secrets_in
from .facts.quoting import quoted_lines, without_secrets
from .facts.written_secrets import with_build_secrets_marked, with_secrets_marked
from .fix.candidates import candidates
from .input_files import Checkout, checkout_of, reading_only
from .model import knowledge
from .model.allowance import Allowance
from .model.control import Control
from .model.control_ids import control_ids
from .model.counts import number_of
from .model.dialect import Version
from .model.finding import Outcome
from .model.fix import Fix
from .model.levels import Level
from .model.orchestrated import Neighbours
from .model.policy import Policy, UnknownMeans
from .model.policy_change import PolicyChange
from .model.result import Result
from .model.workload import EnginePaths, Unit
from .model.written import Written
from .policy.applying import apply_policy
from .readers.allowances import allowances_in
from .readers.compose import find_compose, passed_over
from .readers.files import STANDARD_INPUT, Search
from .readers.kubernetes.joining import joined, together
from .readers.remembering import ReadTexts, remembering
from .readers.text_files import TextFiles, without_told
from .readers.written_file import Surroundings, may_be_ours, read_written
from .verdict.files import answer_for_files
from .verdict.subjects import subjects_of
from .verdict.weighing import Weighing

if TYPE_CHECKING:
    from .policy.newcomers import Newcomers
    from .readers.image_facts import KnownImage

NO_POLICY = Policy()
Excused = Callable[
    [Written, Sequence[Allowance], Callable[[str], str | None]],
    tuple[Written, tuple[Allowance, ...], tuple[str, ...]],
]
Unread = tuple[tuple[str, str], ...]
Secrets = set[str]
"""Values that were hidden in what was read: no line that is shown may hold one."""


def check(
    paths: Sequence[str],
    *,
    level: Level,
    pss_version: Version | None = None,
    policy: Policy = NO_POLICY,
    rules: Sequence[Control] = (),
    stdin_name: str = STANDARD_INPUT,
    ignoring: bool = True,
    skip_others: bool = False,
    edits: bool = False,
    asking_compose: bool = False,
    images: Mapping[str, KnownImage] | None = None,
    engine_paths: EnginePaths | None = None,
    trusted: bool = False,
    checkout: Checkout | None = None,
    excused: Excused | None = None,
    newcomers: Newcomers | None = None,
    policy_change: PolicyChange | None = None,
    tracked: Sequence[str] = (),
    jobs: frozenset[str] = frozenset(),
) -> Result:
    """Judges every file; one that can't be read is named in `unread` and the others are judged all the same.

    `-` is standard input, and `stdin_name` what it goes by. `ignoring`: folders are walked without what Git ignores.
    `skip_others`: named files that are none of ours are no error.
    `edits`: fixes come with the lines they change. `asking_compose`: where Compose is installed, its own reading
    counts. `rules`: the policy's own, compiled. `images`: those that are known, by service: what a file leaves to its
    image they tell. `engine_paths`: of the engine that will run it, where it is known.
    Raises UsageError where a path does not exist or nothing that can be judged was found.

    The files may be somebody else's: nothing outside of their `checkout` (None: that of `paths`) is read, the variables
    of this environment are hidden from them, and Compose is asked only where it sees neither. `trusted`: with both.

    Of a change: `excused` says which exceptions in the files count, `newcomers` what is new in it, `policy_change` is
    judged as well, and what Git `tracked` (real paths) is judged although it is ignored.

    `jobs`: services that the project's `deploy.jobs` names.
    """
    named = [stdin_name if path == "-" and stdin_name != STANDARD_INPUT else path for path in paths]
    with reading_only(None if trusted else checkout or checkout_of(named)):
        search = Search(
            paths,
            stdin=sys.stdin.buffer,
            stdin_name=stdin_name,
            ignoring=ignoring,
            skip_others=skip_others,
            tracked=tracked,
            listing=_listed_for_compose,
        )
        compose = find_compose(os.environ, trusted=trusted) if asking_compose else None
        with remembering() as texts:
            around = Surroundings(os.environ, pss_version, compose, trusted, jobs)
            written, unread, secrets, ours = _read(search, around)
        if images:
            from .readers.image_facts import with_image_facts  # at a deploy alone

            written = structs.replace(written, units=tuple(with_image_facts(written.units, images)))
        if engine_paths is not None:
            at_engine = (structs.replace(unit, engine_paths=engine_paths) for unit in written.units)
            written = structs.replace(written, units=tuple(at_engine))
        charts = tuple(_not_judged(chart) for chart in search.charts)
        if not written.files_of_subjects() and not unread and not skip_others:
            raise _nothing_to_judge(paths, written, charts)
        if not skip_others:  # beside others that hold something it would go unnoticed
            unread += tuple(
                (folder, f"{folder}: {_NOTHING}it")
                for folder in search.folders_without((*ours, *written.files_of_subjects().values()))
            )
        allowances, unclear = allowances_in(written, texts.text)
        if excused is not None:
            written, allowances, not_counting = excused(written, allowances, texts.text)
            unclear = (*unclear, *not_counting)
        if policy_change is not None:
            written = structs.replace(written, policies=(policy_change,))
        result = _judged(written, unread, level, policy, rules, allowances, newcomers, left_out=search.ignored)
        result = structs.replace(
            result,
            notes=(*unclear, *charts, *map(_bake_not_judged, search.bakes), *result.notes, *passed_over(compose)),
        )
        fixes = tuple(without_secrets(_fixes(result, written, texts, edited=edits), secrets))
        return structs.replace(result, lines=quoted_lines(result.findings, texts.text, secrets), fixes=fixes)


def _fixes(result: Result, written: Written, texts: ReadTexts, *, edited: bool) -> Iterator[Fix]:
    """What is only for an editor, or for Dockerfiles, is imported where it is asked for."""
    if edited:
        from .fix.edits import fixes_for

        yield from fixes_for(result.findings, written.units, texts.text)
    else:
        yield from candidates(result.findings, written.units, texts.text)
        yield from _moves_of_secrets(result, written, texts)
    if written.builds:
        from .fix.build_choosing import build_fixes_for

        yield from build_fixes_for(result.findings, written.builds, texts.text, edited=edited)


def _moves_of_secrets(result: Result, written: Written, texts: ReadTexts) -> Iterator[Fix]:
    """`fix` makes them as well, so they count: secrets in `environment` that an image reads from files. An editor can't
    make them, for they need new files."""
    asked_by = "workload/environment-secrets"
    failing_on = {f.subject for f in result.findings if f.control == asked_by and f.outcome is Outcome.FAIL}
    units = [unit for unit in written.units if unit.kind == "service" and unit.id in failing_on]
    for file in dict.fromkeys(unit.source.where for unit in units):
        text = texts.text(file)
        if text is None or not os.path.isfile(file):
            continue
        from .fix.secret_files import move_secrets  # where there is one to move

        own = [unit for unit in units if unit.source.where == file]
        yield from move_secrets(text, own, failing_on, file=file, counting=True).made


_NOTHING = "no service, no pod, no app, no job and no image build was found in "


def _nothing_to_judge(paths: Sequence[str], written: Written, charts: Sequence[str]) -> UsageError:
    if charts:
        hint = charts[0]
    elif written.neighbours != Neighbours():
        hint = "what there is speaks of pods, and is judged together with them: name their files, too"
    else:
        hint = (
            "dockworthy reads Compose files, Dockerfiles, manifests of Kubernetes, apps of Marathon and jobs of Titus"
        )
    return UsageError(f"nothing to judge: {_NOTHING}{', '.join(paths)}", hint=hint)


def _not_judged(chart: str) -> str:
    says = "the templates of this Helm chart are not judged; what it renders is, by"
    return f"{chart}: {says} `helm template {shlex.quote(chart)} | dockworthy check -`"


def _listed_for_compose(folder: str) -> Sequence[str]:
    from .readers.compose.together import listed_in_env_file  # most folders have no such list

    return listed_in_env_file(folder)


def _bake_not_judged(bake: str) -> str:
    return f"{bake}: what `docker buildx bake` makes of it is not judged; the Dockerfiles that are found are"


def _read(search: Search, surroundings: Surroundings) -> tuple[Written, Unread, Secrets, list[str]]:
    """With the names of the files that hold something of ours, or may."""
    read: list[Written] = []
    ours: list[str] = []
    unread: list[tuple[str, str]] = []
    secrets: set[str] = set()
    texts = TextFiles(partial(secrets_in, values=secrets))
    for found in search:
        try:
            found = found.loaded()  # so that it is read once
            if found.judged:
                read.append(read_written(found, surroundings))
                if read[-1] != _EMPTY:
                    ours.append(found.name)
            texts.look_at(found)
        except UnreadableInput as error:
            if found.must_be_ours or may_be_ours(found):
                unread.append((found.name, error.says))
                ours.append(found.name)
    return _together([*read, Written(files=texts.all())], secrets), tuple(unread), secrets, ours


_EMPTY = Written()


def _together(read: Iterable[Written], secrets: set[str]) -> Written:
    """Each subject once: a file that is walked may be included by another one, too."""
    read = list(read)
    units: dict[str, Unit] = {}
    for written in read:
        for unit in written.units:
            units.setdefault(unit.id, unit)
    whole = Written(
        units=tuple(with_secrets_marked(units.values(), secrets)),
        builds=tuple(with_build_secrets_marked((build for written in read for build in written.builds), secrets)),
        accesses=tuple(access for written in read for access in written.accesses),
        files=tuple(
            without_told((f for w in read for f in w.files), units.values(), (b for w in read for b in w.builds))
        ),
        notes=tuple(note for written in read for note in written.notes),
        neighbours=together(written.neighbours for written in read),
    )
    return joined(whole)


def _judged(
    written: Written,
    unread: Unread,
    level: Level,
    policy: Policy,
    rules: Sequence[Control],
    allowances: Sequence[Allowance],
    newcomers: Newcomers | None,
    *,
    left_out: int,
) -> Result:
    today = datetime.datetime.now(datetime.UTC).date()
    known = control_ids() | {rule.id for rule in rules}
    of_new: list[str] = []
    if newcomers is not None:
        policy, of_new = newcomers.policy_for(policy, level, ((unit.name, unit.id) for unit in written.units))
    judged = judge_written(written, level, policy.levels, rules=rules, today=today)
    if newcomers is not None:
        judged = newcomers.with_hidden_failing(judged)
    findings, notes = apply_policy(judged, policy, written, allowances, level=level, today=today, controls=known)
    if newcomers is not None:
        findings = tuple(newcomers.without_old_exceptions(findings, policy, of_new))
    files = written.files_of_subjects()
    subjects = subjects_of(findings, files=files)
    return Result(
        command="check",
        level=level,
        verdict=answer_for_files(findings, subjects, unread, unknown_fails=policy.unknown is UnknownMeans.FAIL),
        subjects=subjects,
        findings=findings,
        demands=Weighing(findings, level).demands_seen(),
        read=tuple(_what_was_read(files, left_out)),
        unread=unread,
        notes=(
            *(note for unit in written.units for note in unit.notes),
            *written.notes,
            *notes,
            *of_new,
            *knowledge.aged(today),
        ),
    )


def _what_was_read(files: Mapping[str, str], left_out: int) -> Iterator[str]:
    yield f"{number_of(len(files), 'subject')} in {number_of(len(set(files.values())), 'file')}"
    if left_out:
        number = number_of(left_out, "file or folder", "files and folders")
        yield f"{number} left out, because Git ignores them (`--no-ignore` takes them in)"
