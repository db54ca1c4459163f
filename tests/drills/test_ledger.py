"""The ledger on one host: each proof is a whole file of its own, the newest are kept, damaged ones are named."""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockworthy.drills.ledger import superfluous
from dockworthy.errors import DockworthyError, HostError, UsageError
from dockworthy.model.drill_proof import DrillProof, NegativeControl
from dockworthy.model.kept_proof import DamagedProof, file_name, newest_names, proof_as_json, proof_from_json
from drills.proofs import ledger_here, ledger_over_ssh, proof
from effort import examples
from machines.ssh_fixtures import Servers
from patience import patience

pytestmark = pytest.mark.slow


def at(number: int) -> str:
    return f"2026-12-{1 + number // 24:02}T{number % 24:02}:00:00Z"


async def test_what_was_written_is_read_newest_first(tmp_path: Path) -> None:
    whole = proof(
        at(3),
        measured={"rto": 12.3, "rpo": 60.0},
        negative_control=NegativeControl("one row fewer", seen=True),
        evidence=("orders: 1,000 rows",),
        version="0.1.0",
    )
    others = [proof(at(1)), proof(at(5), passed=False), proof(at(2), subject="engine", drill="guard")]
    async with ledger_here(tmp_path) as ledger:
        assert await ledger.proofs() == []
        for each in (whole, *others):
            await ledger.write(each)
        assert await ledger.proofs() == sorted([whole, *others], key=lambda each: each.at, reverse=True)
        assert ledger.damaged == ()
    files = [*(tmp_path / "proofs").iterdir()]
    assert len(files) == 4 and {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert any(file.name.startswith("restore_project-shop_1.backup_20261201T030000Z_") for file in files)


@pytest.mark.ssh
async def test_a_host_over_ssh_keeps_the_same(serve: Servers, tmp_path: Path) -> None:
    server = serve()
    async with ledger_over_ssh(server, tmp_path) as there, ledger_here(tmp_path) as here:
        await there.write(proof(at(1), evidence=("größer als \U0001f40b",)))
        await here.write(proof(at(2)))
        assert await there.proofs() == await here.proofs()
        server.kill_connections()
        with pytest.raises(HostError, match="was lost"):
            await there.write(proof(at(3)))
        assert len(await here.proofs()) == 2 and here.damaged == ()


async def test_two_of_one_moment_are_two(tmp_path: Path) -> None:
    async with ledger_here(tmp_path) as one, ledger_here(tmp_path) as other:
        await asyncio.gather(*(ledger.write(proof()) for ledger in (one, other) for _ in range(3)))
        assert len(await one.proofs()) == 6


async def test_the_newest_twenty_of_each_question_are_kept(tmp_path: Path) -> None:
    async with ledger_here(tmp_path) as ledger:
        await ledger.write(proof(at(0), subject="project/blog"))
        for number in (30, *range(22)):
            await ledger.write(proof(at(number)))
        kept = await ledger.proofs()
        of_shop = [each.at for each in kept if each.subject == "project/shop"]
        assert of_shop == [at(number) for number in (30, *range(21, 2, -1))]
        assert [each.at for each in kept if each.subject == "project/blog"] == [at(0)]
        await ledger.write(proof("2020-01-01T00:00:00Z", passed=False))
        assert (await ledger.proofs())[-1].at.startswith("2020"), "what was written just now stays, whatever its clock"


async def test_damaged_files_are_left_out_and_named(tmp_path: Path) -> None:
    folder = tmp_path / "proofs"
    async with ledger_here(tmp_path) as ledger:
        await ledger.write(proof())
        (whole,) = folder.iterdir()
        (folder / "a_b_c.json").write_bytes(b"{cut")
        (folder / "d_e_f.json").symlink_to(whole)
        (folder / "g_h_i.json").mkdir()
        os.mkfifo(folder / "j_k_l.json")
        with (folder / "m_n_o.json").open("wb") as file:
            file.truncate(5_000_000_000)
        (folder / "p_q_r.json").write_bytes(whole.read_bytes().replace(b'"schema":1', b'"schema":2'))
        (folder / "notes").write_text("not ours")
        async with asyncio.timeout(patience(10)):
            assert await ledger.proofs() == [proof()]
        said = "\n".join(ledger.damaged)
        assert len(ledger.damaged) == 6 and f"{folder}/a_b_c.json: it is damaged" in said
        assert "m_n_o.json: it is no regular file, or too large" in said and "newer dockworthy" in said


async def test_secrets_do_not_come_in_and_long_texts_are_cut(tmp_path: Path) -> None:
    async with ledger_here(tmp_path) as ledger:
        url = "postgresql://shop:correct-horse-battery@db/shop"
        await ledger.write(proof(says=f"asked {url}", evidence=(url, *("x" * 5000 for _ in range(200)))))
        (kept,) = await ledger.proofs()
    (file,) = (tmp_path / "proofs").iterdir()
    assert b"horse" not in file.read_bytes() and len(kept.evidence) > 5 and kept.evidence[1].endswith("x …")


@pytest.mark.parametrize("wrong", [{"at": "now"}, {"lapses": ""}, {"measured": {"rto": float("nan")}}])
async def test_what_could_not_be_read_back_is_not_written(tmp_path: Path, wrong: dict[str, object]) -> None:
    async with ledger_here(tmp_path) as ledger:
        with pytest.raises(UsageError, match="can't be kept"):
            await ledger.write(proof(**wrong))  # type: ignore[arg-type]
    assert not (tmp_path / "proofs").exists()


async def test_a_folder_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "proofs").write_text("x")
    async with ledger_here(tmp_path) as ledger:
        with pytest.raises(HostError, match="proofs can't be read"):
            await ledger.proofs()
        with pytest.raises(HostError, match="can't be written"):
            await ledger.write(proof())


_PROGRAMS = ("mkdir", "dirname", "cat", "chmod", "sync", "mv", "rm", "ls", "find", "tar", "base64")


def deadly(folder: Path, step: int) -> Path:
    """A folder of programs, of which the one that is called as number `step` kills whoever called it."""
    folder.mkdir(exist_ok=True)
    (folder / "calls").write_text("")
    for name in _PROGRAMS:
        program = folder / name
        program.write_text(
            f"#!/bin/sh\necho >>{folder}/calls\n"
            f'[ "$(wc -l <{folder}/calls)" = {step} ] && kill -9 $PPID && exit 9\nexec {shutil.which(name)} "$@"\n'
        )
        program.chmod(0o755)
    return folder


_WRITES = st.tuples(st.integers(0, 30), st.booleans(), st.integers(0, 40))


def keep(state: Path, number: int) -> None:
    """As many older proofs as are kept."""
    (state / "proofs").mkdir()
    for each in range(number):
        old = proof(f"2026-11-{1 + each:02}T00:00:00Z")
        (state / "proofs" / file_name(old, f"{each:08x}")).write_bytes(proof_as_json(old))


@settings(max_examples=examples(20))
@given(drawn=st.lists(_WRITES, min_size=1, max_size=4), old=st.sampled_from([0, 20]))
def test_a_writer_that_is_killed_at_any_step_leaves_a_whole_ledger(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[int, bool, int]], old: int
) -> None:
    """Each write: a moment, whether it passed, and the step at which its shell is killed (0: never)."""
    state = tmp_path_factory.mktemp("killed")
    keep(state, old)

    async def write(each: DrillProof) -> bool:
        async with ledger_here(state) as ledger:
            try:
                await ledger.write(each)
            except DockworthyError:
                return False
        return True

    async def read() -> list[DrillProof]:
        async with ledger_here(state) as ledger:
            found = await ledger.proofs()
            assert ledger.damaged == ()
            return found

    before = asyncio.run(read())
    for number, (moment, passed, step) in enumerate(drawn):
        new = proof(at(moment), passed=passed, says=f"number {number}")
        with pytest.MonkeyPatch.context() as patch:
            if step:
                patch.setenv("PATH", f"{deadly(state / 'bin', step)}:{os.environ['PATH']}")
            done = asyncio.run(write(new))
        after = asyncio.run(read())
        assert new in after or not done
        assert all(each in before or each == new for each in after)
        for lost in (each for each in before if each not in after):
            assert sum(each.at >= lost.at for each in after) >= 20, "only what is older than the newest twenty goes"
        before = after


@given(st.lists(st.tuples(st.integers(0, 700), st.sampled_from("ab"), st.booleans()), max_size=60))
def test_what_may_go_is_old_and_never_the_newest(drawn: list[tuple[int, str, bool]]) -> None:
    found = {
        str(number): proof(at(moment), subject=subject, passed=passed)
        for number, (moment, subject, passed) in enumerate(drawn)
    }
    gone = {*superfluous(found)}
    for subject in "ab":
        of_subject = [name for name, each in found.items() if each.subject == subject]
        stays = [found[name].at for name in of_subject if name not in gone]
        assert len(stays) == min(len(of_subject), 20)
        assert all(found[name].at <= min(stays) for name in of_subject if name in gone)


@given(st.binary(max_size=200))
def test_whatever_lies_there_is_a_proof_or_damaged(content: bytes) -> None:
    try:
        read = proof_from_json(content)
    except DamagedProof:
        return
    assert proof_from_json(proof_as_json(read)) == read


def test_the_newest_files_of_each_question() -> None:
    names = [f"restore_shop_1.backup_202612{day:02}T000000Z_{day:08x}.json" for day in range(1, 9)]
    other = "guard_engine_2.policy_20200101T000000Z_00000000.json"
    assert newest_names([*names, other, "x.json", f"{other}.new"], each=2, most=9) == [names[7], names[6], other]
    assert newest_names([*names, other], each=9, most=3) == [names[7], names[6], names[5]]
