"""Processes of containers, from a /proc of the test's own and from the real one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from dockworthy.facts import processes
from dockworthy.facts.engine import read_engine
from dockworthy.facts.proc import Proc as FactsProc
from dockworthy.facts.processes import read_processes
from dockworthy.facts.redaction import Redactor
from dockworthy.model.field import Field, Set, Unknown
from dockworthy.model.snapshot import ContainerFacts
from dockworthy.model.workload import Process

ID = "0123456789abcdef" * 4
OTHER = "f" * 64
HOST = {name: f"{name}:[402653{number}]" for number, name in enumerate("net pid ipc uts mnt user cgroup".split(), 1800)}
OWN = {name: f"{name}:[999]" for name in ("net", "pid", "ipc", "uts", "mnt")}


class Proc:
    """A root with a /proc in it, to which processes are added."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.add(1, "systemd", cgroup="/init.scope", parent=0)

    def add(
        self,
        pid: int,
        program: str,
        *,
        cgroup: str = f"/docker/{ID}",
        parent: int = 900,
        uid: int = 0,
        command: str = "",
        state: str = "S",
        namespaces: dict[str, str] | None = None,
        uid_map: str = "         0          0 4294967295\n",
        apparmor: str | None = None,
        cmdline: bytes = b"",
        caps: int = 0xA80425FB,
        extra: str = "NoNewPrivs:\t0\nSeccomp:\t2\n",
    ) -> Path:
        folder = self.root / "proc" / str(pid)
        (folder / "ns").mkdir(parents=True)
        for name, link in {**HOST, **(namespaces or {})}.items():
            (folder / "ns" / name).symlink_to(link)
        (folder / "exe").symlink_to(f"/usr/bin/{program}")
        (folder / "cgroup").write_text(f"0::{cgroup}\n")
        (folder / "uid_map").write_text(uid_map)
        (folder / "cmdline").write_bytes(cmdline)
        if apparmor is not None:
            (folder / "attr").mkdir()
            (folder / "attr" / "current").write_text(apparmor)
        (folder / "status").write_text(
            f"Name:\t{command or program}\nState:\t{state} (x)\nPPid:\t{parent}\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n"
            f"CapEff:\t{caps:016x}\nCapBnd:\t{caps:016x}\n{extra}"
        )
        return folder

    def shim(self, pid: int = 900, id: str = ID) -> None:
        line = f"containerd-shim-runc-v2\0-namespace\0moby\0-id\0{id}\0".encode()
        self.add(pid, "containerd-shim-runc-v2", cgroup="/system.slice/docker.service", parent=1, cmdline=line)

    def read(self, first: int = 1000, id: str = ID) -> Field[tuple[Process, ...]]:
        return read_processes({id: first}, self.root)[id]


@pytest.fixture
def proc(tmp_path: Path) -> Proc:
    return Proc(tmp_path)


def processes_of(field: Field[tuple[Process, ...]]) -> tuple[Process, ...]:
    assert isinstance(field, Set), field
    return field.value


def test_all_facts_of_a_process(proc: Proc) -> None:
    proc.shim()
    proc.add(
        1000,
        "nginx",
        uid=101001,
        namespaces=OWN | {"user": "user:[7]"},
        uid_map="0 100000 65536\n",
        apparmor="docker-default (enforce)\n",
        caps=0,
        extra="NoNewPrivs:\t1\nSeccomp:\t2\n",
    )
    assert processes_of(proc.read()) == (
        Process(
            pid=1000,
            program="nginx",
            uid=101001,
            cap_effective=0,
            cap_bounding=0,
            seccomp=2,
            no_new_privs=True,
            container_uid=1001,
            parent=900,
            apparmor="docker-default (enforce)",
            shared_namespaces=("cgroup",),
        ),
    )


@pytest.mark.parametrize("program", ["runc", "memfd:runc_cloned:/proc/self/exe"])
def test_a_runtime_that_starts_a_health_check_is_none_of_them_however_slow_it_is(proc: Proc, program: str) -> None:
    """It joins the container's cgroup first, and loads the seccomp filter last."""
    proc.shim()
    proc.add(1000, "nginx", namespaces=OWN)
    proc.add(2000, "runc", cgroup="/system.slice/docker.service", parent=900)
    starting = proc.add(2001, program.split("/")[0], command="runc:[2:INIT]", parent=2000, extra="Seccomp:\t0\n")
    if program.startswith("memfd"):
        (starting / "exe").unlink()
        (starting / "exe").symlink_to(f"/{program}")
    assert [process.pid for process in processes_of(proc.read())] == [1000]


@pytest.mark.parametrize("parent", [1000, 1001])
def test_what_only_calls_itself_the_runtime_stays_in_view(proc: Proc, parent: int) -> None:
    """In a container nobody has the host's runtime as parent: one of its own there is a process of the container."""
    proc.shim()
    proc.add(1000, "nginx", namespaces=OWN)
    proc.add(1001, "runc", namespaces=OWN, parent=1000)
    proc.add(1002, "runc", command="runc:[2:INIT]", parent=parent, namespaces=OWN, extra="Seccomp:\t0\n")
    found = {process.pid: process.seccomp for process in processes_of(proc.read())}
    assert found == {1000: 2, 1001: 2, 1002: 0}


class BecomesTheProgram(FactsProc):
    """Process 2001 is the runtime at the first look at its name, file or limits, and the program from then on."""

    looked = False

    def read(self, file: str) -> bytes | None:
        if file != "2001/status":
            return super().read(file)
        before, self.looked = self.looked, True
        told = super().read(file) or b""
        return told if before else told.replace(b"Name:\tnginx", b"Name:\t6").replace(b"Seccomp:\t2", b"Seccomp:\t0")

    def link(self, file: str) -> str:
        if file != "2001/exe":
            return super().link(file)
        before, self.looked = self.looked, True
        return super().link(file) if before else "/memfd:runc_cloned:/proc/self/exe (deleted)"


def test_one_that_becomes_the_program_between_two_looks(proc: Proc, monkeypatch: pytest.MonkeyPatch) -> None:
    proc.shim()
    proc.add(1000, "nginx", namespaces=OWN)
    proc.add(2001, "nginx", namespaces=OWN)
    monkeypatch.setattr(processes, "proc_of", lambda root: BecomesTheProgram(Path(root.base)))
    assert [process.seccomp for process in processes_of(proc.read())] == [2, 2]


@pytest.mark.parametrize(
    "cgroup",
    [f"/docker/{ID}", f"/system.slice/docker-{ID}.scope", f"/custom/parent/{ID}", f"/docker/{ID}/inner", f"/../{ID}"],
)
def test_members_by_cgroup_whoever_drives_it(proc: Proc, cgroup: str) -> None:
    proc.shim()
    proc.add(1000, "sh", namespaces=OWN, cgroup=cgroup)
    proc.add(1001, "postgres", namespaces=OWN, cgroup=cgroup, parent=1000)
    proc.add(1002, "psql", namespaces=OWN, cgroup=cgroup, parent=900)
    proc.add(1003, "nginx", namespaces=OWN, cgroup=f"/docker/{OTHER}")
    proc.add(1004, "sshd", cgroup="/system.slice/ssh.service", parent=1)
    assert sorted(process.program for process in processes_of(proc.read())) == ["postgres", "psql", "sh"]


def test_the_first_process_comes_first(proc: Proc) -> None:
    proc.shim()
    proc.add(500, "late", namespaces=OWN)
    proc.add(1000, "first", namespaces=OWN)
    assert [process.pid for process in processes_of(proc.read())] == [1000, 500]


def test_without_cgroups_all_under_the_shim(proc: Proc) -> None:
    proc.shim()
    proc.add(1000, "sh", cgroup="/", namespaces=OWN)
    proc.add(1001, "app", cgroup="/", namespaces=OWN, parent=1000)
    proc.add(1002, "exec", cgroup="/", namespaces=OWN, parent=900)
    proc.add(1003, "stranger", cgroup="/", parent=1)
    assert sorted(process.program for process in processes_of(proc.read())) == ["app", "exec", "sh"]


def test_a_pid_of_another_host_is_not_believed(proc: Proc) -> None:
    proc.add(950, "bash", cgroup="/user.slice", parent=1)
    proc.add(1000, "vim", cgroup="/user.slice", parent=950)
    found = proc.read()
    assert isinstance(found, Unknown)
    assert "does not belong to the container" in found.reason


def test_another_containers_shim_is_not_its_own(proc: Proc) -> None:
    proc.shim(id=OTHER)
    proc.add(1000, "sh", cgroup="/", namespaces=OWN)
    assert isinstance(proc.read(), Unknown)


def test_a_pid_that_is_not_there(proc: Proc) -> None:
    found = proc.read(first=4242)
    assert isinstance(found, Unknown) and "not in this host's /proc" in found.reason


def test_no_proc_at_all(tmp_path: Path) -> None:
    assert isinstance(read_processes({ID: 1000}, tmp_path)[ID], Unknown)


def test_without_the_right_to_look_it_is_unknown(proc: Proc) -> None:
    """An ordinary user can read the status of others' processes, and not their namespaces."""
    proc.shim()
    folder = proc.add(1000, "nginx", namespaces=OWN)
    for link in (*(folder / "ns").iterdir(), *(proc.root / "proc" / "1" / "ns").iterdir()):
        link.unlink()
    found = proc.read()
    assert isinstance(found, Unknown)
    assert "namespaces" in found.reason and found.tell == "run as root"


def test_where_init_is_hidden_the_shim_tells_the_hosts_namespaces(proc: Proc) -> None:
    proc.shim()
    proc.add(1000, "nginx", namespaces=OWN | {"net": HOST["net"]})
    for link in (proc.root / "proc" / "1" / "ns").iterdir():
        link.unlink()
    (process,) = processes_of(proc.read())
    assert process.shared_namespaces == ("net", "user", "cgroup")


def test_a_process_that_ends_while_we_look_and_a_zombie_are_left_out(proc: Proc) -> None:
    proc.shim()
    proc.add(1000, "sh", namespaces=OWN)
    proc.add(1001, "defunct", namespaces=OWN, state="Z")
    (proc.add(1002, "gone", namespaces=OWN) / "status").unlink()
    (proc.add(1003, "garbled", namespaces=OWN) / "status").write_text("Name:\tx\nUid:\n")
    assert [process.program for process in processes_of(proc.read())] == ["sh"]


@pytest.mark.parametrize(
    ("program", "command", "shown"),
    [
        ("busybox", "httpd", "httpd"),
        ("python3.12", "gunicorn: maste", "python3.12"),
        ("app (deleted)", "app", "app"),
    ],
)
def test_the_programs_name(proc: Proc, program: str, command: str, shown: str) -> None:
    proc.shim()
    proc.add(1000, program, command=command, namespaces=OWN)
    assert processes_of(proc.read())[0].program == shown


def test_an_selinux_context_is_no_apparmor_profile(proc: Proc) -> None:
    proc.shim()
    proc.add(1000, "a", namespaces=OWN, apparmor="system_u:system_r:container_t:s0:c1,c2\0")
    proc.add(1001, "b", namespaces=OWN, apparmor="unconfined\n")
    assert [process.apparmor for process in processes_of(proc.read())] == ["", "unconfined"]


def test_an_old_kernel_and_a_user_that_is_not_mapped(proc: Proc) -> None:
    proc.shim()
    proc.add(1000, "a", namespaces=OWN, uid=5, uid_map="0 100000 65536\n", extra="")
    (process,) = processes_of(proc.read())
    assert (process.seccomp, process.no_new_privs, process.container_uid) == (0, False, None)


def read_one(engine: str, name: str) -> ContainerFacts:
    facts = asyncio.run(read_engine(engine, root=Path("/"), redactor=Redactor(b"key")))
    assert isinstance(facts.containers, Set)
    return next(one for one in facts.containers.value if one.name == name)


@pytest.mark.engine
class TestReal:
    def test_an_ordinary_container(self, engine: str, container: object) -> None:
        name = container(command=("sh", "-c", "sleep 600 & exec sleep 601"))  # type: ignore[operator]
        processes = processes_of(read_one(engine, name).processes)
        assert [process.program for process in processes] == ["sleep", "sleep"]
        first, second = processes
        assert first.uid == first.container_uid == 0 and second.parent == first.pid
        assert first.cap_effective == first.cap_bounding == 0xA80425FB
        assert first.seccomp == 2 and not first.no_new_privs
        assert not {"net", "pid", "ipc", "uts", "mnt"} & set(first.shared_namespaces)

    def test_what_flags_really_do(self, engine: str, container: object) -> None:
        options = (
            "--user",
            "1000:1000",
            "--security-opt",
            "no-new-privileges",
            "--cap-drop",
            "ALL",
            "--network",
            "host",
        )
        name = container(*options, "--pid", "host", "--uts", "host", "--ipc", "host")  # type: ignore[operator]
        (process,) = processes_of(read_one(engine, name).processes)
        assert (process.uid, process.cap_effective, process.cap_bounding, process.no_new_privs) == (1000, 0, 0, True)
        assert {"net", "pid", "ipc", "uts"} <= set(process.shared_namespaces)
        assert "mnt" not in process.shared_namespaces

    def test_privileged(self, engine: str, container: object) -> None:
        name = container("--privileged")  # type: ignore[operator]
        (process,) = processes_of(read_one(engine, name).processes)
        assert process.seccomp == 0
        assert process.cap_bounding & (1 << 21)  # CAP_SYS_ADMIN
