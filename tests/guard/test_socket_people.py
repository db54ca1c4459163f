"""`guard serve --people`: two users, a container with the socket, and root, before one guarded engine."""

from __future__ import annotations

import json
import subprocess

import pytest

from dockworthy.guard.rights.grants import Grants, grants_folder
from dockworthy.model.guard_policy import Binding, Role
from guard.large_requests import largest
from guard.people_host import AUDIT, PEOPLE, POLICY, REMOTE, SECRET, papers_of
from guard.sockets import Reached, from_container, from_named_cgroup
from machines.images import BUSYBOX
from machines.leftovers import cgroup_of
from machines.own_host import OwnHost
from machines.program import DOCKWORTHY

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def host(people_host: OwnHost) -> OwnHost:
    return people_host


def refused(done: object) -> str:
    assert done.returncode != 0  # type: ignore[attr-defined]
    said: str = done.stderr.decode()  # type: ignore[attr-defined]
    assert "guard/roles" in said, said
    return said


def test_an_admin_passes_the_policy_that_binds_all_others(host: OwnHost) -> None:
    """Root's bind of the socket was made above; straight at the engine nobody may, for there nobody is known."""
    done = host.docker("run", "-v", "/etc:/x", BUSYBOX, "true", check=False)
    assert b"authorization denied by plugin" in done.stderr
    Reached(host, PEOPLE).docker("run", "--rm", "-v", "/etc:/x:ro", BUSYBOX, "true")


def test_a_ticket_is_good_once_and_a_made_up_one_is_worth_nothing(host: OwnHost) -> None:
    engine = Reached(host, "/var/run/docker.sock")
    body = {"Image": BUSYBOX, "HostConfig": {"Privileged": True}}
    for socket in (engine, Reached(host, PEOPLE, "dora")):
        answer = socket.ask("POST", "/v1.45/containers/create", body, {"X-Dockworthy-Ticket": "a" * 32})
        assert answer.status == 403


def test_an_operator_works_in_containers_of_their_project(host: OwnHost) -> None:
    opal = Reached(host, PEOPLE, "opal")
    assert opal.docker("exec", "shop", "sh", "-c", "echo inside").stdout == b"inside\n"
    assert opal.docker("exec", "-i", "shop", "cat", input=b"through a stream\n" * 5000).stdout.count(b"\n") == 5000
    assert SECRET.encode() in opal.docker("inspect", "shop").stdout
    opal.docker("cp", "shop:/bin/busybox", "/tmp/opals-busybox")
    opal.docker("restart", "-t", "0", "shop")
    assert b"hello" in opal.docker("logs", "shop").stdout
    assert "bank is of project bank" in refused(opal.docker("exec", "bank", "id", check=False))
    assert "bank is of project bank" in refused(opal.docker("stop", "bank", check=False))
    assert "needs deployer or admin" in refused(opal.docker("run", BUSYBOX, "true", check=False))
    assert "needs deployer or admin" in refused(opal.docker("rm", "-f", "shop", check=False))


def test_a_terminal_works(host: OwnHost) -> None:
    command = f"docker -H unix://{PEOPLE} exec -it shop sh -c 'test -t 0 && echo a terminal; read line; echo got $line'"
    done = host.run(
        "setpriv", "--reuid=opal", "--regid=opal", "--init-groups", "script", "-qefc", command, "/dev/null",
        input=b"typed\n",
    )  # fmt: skip
    assert b"a terminal" in done.stdout
    assert b"got typed" in done.stdout


def test_an_operator_is_never_privileged(host: OwnHost) -> None:
    done = Reached(host, PEOPLE, "opal").docker("exec", "--privileged", "shop", "id", check=False)
    assert b"workload/privileged" in done.stderr


def test_a_deployer_brings_up_their_project_with_compose(host: OwnHost) -> None:
    dora = Reached(host, PEOPLE, "dora")
    for command in ("up -d", "ps", "logs", "restart -t 0", "down -v -t 0"):
        dora.compose("shop", *command.split())
    refused(dora.compose("bank", "up", "-d", check=False))


def test_a_deployer_stays_in_their_project(host: OwnHost) -> None:
    dora, label = Reached(host, PEOPLE, "dora"), "com.docker.compose.project=shop"
    assert "no project" in refused(dora.docker("run", "-d", BUSYBOX, "true", check=False))
    assert dora.docker("run", "--rm", "--label", label, BUSYBOX, "sh", "-c", "echo seen").stdout == b"seen\n"
    done = dora.docker("create", "--label", label, "--volumes-from", "bank", BUSYBOX, check=False)
    assert "bank is of project bank" in refused(done)
    assert "bank is of project bank" in refused(dora.docker("rm", "-f", "bank", check=False))
    refused(dora.docker("container", "prune", "-f", check=False))
    assert "needs operator or admin" in refused(dora.docker("exec", "shop", "id", check=False))
    assert SECRET.encode() not in dora.docker("inspect", "shop").stdout
    done = dora.docker("create", "--label", label, "--privileged", BUSYBOX, check=False)
    assert b"workload/privileged" in done.stderr


def test_nobody_takes_the_name_of_a_container_with_a_role(host: OwnHost) -> None:
    dora = Reached(host, PEOPLE, "dora")
    done = dora.docker(
        "create", "--name", "watcher", "--label", "com.docker.compose.project=shop", BUSYBOX, check=False
    )
    assert "has a role of its own" in refused(done)


READS = (
    "GET /containers/shop/json", "GET /v1.41/containers/shop/json?size=1", "GET /images/of-the-shop/json",
    "GET /images/of-the-shop/history", "GET /containers/shop/logs?stdout=1&details=1", "GET /containers/shop/export",
    "HEAD /containers/shop/archive?path=%2Fetc", "GET /containers/shop/archive?path=%2Fetc%2Fpasswd",
    "GET /exec/{execution}/json",
)  # fmt: skip
"""What shows an operator secrets."""


@pytest.mark.parametrize("line", READS, ids=lambda line: line.partition("?")[0].replace("/", "-"))
def test_who_reads_secrets_is_written_down(host: OwnHost, line: str) -> None:
    root, opal = Reached(host, PEOPLE), Reached(host, PEOPLE, "opal")
    if "/of-the-shop" in line:
        root.docker("commit", "shop", "of-the-shop")
    if "{execution}" in line:
        made = root.ask("POST", "/containers/shop/exec", {"Cmd": ["true"]}).json["Id"]
        line = line.replace("{execution}", made)
    method, _, target = line.partition(" ")

    def told(who: str) -> list[str]:
        lines = [json.loads(each) for each in host.read(AUDIT).splitlines()]
        first, *_, last = target.partition("?")[0].removeprefix("/v1.41").strip("/").split("/")
        return [
            each["decision"]
            for each in lines
            if (each["method"], each["action"], each.get("who")) == (method, f"{first}/{last}", who)
        ]

    before = told("user opal"), told("user root")
    assert opal.ask(method, target).status == 200
    assert root.ask(method, target).status == 200
    assert told("user opal") == [*before[0], "allowed"]
    if line.endswith("/json") or "?size" in line or "history" in line:
        assert told("user root") == before[1]  # who could read all that on the disk
    root.docker("rmi", "of-the-shop", check=False)


def test_nor_to_any_other_address_of_the_host_or_of_its_containers(host: OwnHost) -> None:
    host.run("ip", "address", "add", "198.51.100.7/32", "dev", "lo")
    host.run("ip", "-6", "address", "add", "2001:db8:7::7/128", "dev", "lo", check=False)
    root, dora = Reached(host, PEOPLE), Reached(host, PEOPLE, "dora")
    network = root.ask("GET", "/networks/bridge").json
    gateway = network["IPAM"]["Config"][0]["Gateway"]
    (container, *_) = [each["IPv4Address"].partition("/")[0] for each in network["Containers"].values()]
    hosts = host.read("/etc/hosts")
    try:
        host.write("/etc/hosts", f"{hosts}\n{gateway} registry-here.example.com\n")
        for registry in (gateway, container, "198.51.100.7", "registry-here.example.com"):
            name = f"{registry}:9/x"
            for line in (
                f"GET /distribution/{name}/json",
                f"POST /images/create?fromImage={name}&tag=1",
                f"GET /images/search?term={name}",
            ):
                answer = dora.ask(*line.split(" "))
                assert answer.status == 403 and b"guard/registries" in answer.body, (line, answer)
        six = dora.ask("GET", "/images/search?term=%5B2001:db8:7::7%5D:9/x")
        assert six.status == 403 and b"guard/registries" in six.body, six
        assert root.ask("GET", f"/distribution/{gateway}:9/x/json").status != 403, "an admin does"
        assert b"guard/registries" not in dora.ask("GET", "/distribution/192.0.2.1:9/x/json").body
    finally:
        host.write("/etc/hosts", hosts)
        host.run("ip", "address", "del", "198.51.100.7/32", "dev", "lo")


ODD_IMAGES = ("https://u:p@h.invalid/x", "a//b", "UPPER/x", "x/../../info", ":1", "x@sha256:0", "x:", "/x", "x/")


def test_an_image_that_can_have_no_such_name_is_the_engines_matter_and_leaves_a_line(host: OwnHost) -> None:
    dora = Reached(host, PEOPLE, "dora")
    lines = len(host.read(AUDIT).splitlines())
    for image in ODD_IMAGES:
        body = {"Image": image, "Labels": {"com.docker.compose.project": "shop"}}
        direct = Reached(host, "/var/run/docker.sock").ask("POST", "/v1.45/containers/create", body)
        assert direct.status in (400, 404), (image, direct)
        answer = dora.ask("POST", "/v1.45/containers/create", body)
        assert answer.status in (403, direct.status), (image, answer)
    written = [json.loads(each) for each in host.read(AUDIT).splitlines()[lines:]]
    assert [each["who"] for each in written if each.get("who")] == ["user dora"] * len(ODD_IMAGES)
    assert "u:p" not in json.dumps(written)


def test_a_look_without_secrets_leaves_no_line_and_each_of_an_admins_does(host: OwnHost) -> None:
    vera = Reached(host, PEOPLE, "vera")
    lines = host.read(AUDIT).count("\n")
    for target in ("/containers/shop/json", "/containers/json", "/containers/shop/logs?stdout=1", "/info"):
        assert vera.ask("GET", target).status == 200
    assert Reached(host, PEOPLE, "opal").ask("GET", "/containers/json").status == 200
    host.docker("create", "--name", "waited", BUSYBOX, "true")
    own = host.read(AUDIT).count("\n") - lines
    for target in ("waited/wait?condition=not-running", "shop/attach?stdout=1&logs=1&stream=0"):
        assert vera.ask("POST", f"/containers/{target}").status == 200
    assert vera.ask("GET", "/containers/shop/top").status == 200
    host.docker("rm", "waited")
    assert host.read(AUDIT).count("\n") == lines + own + 1, "who may only look puts nobody's lines aside"
    lines += own + 1
    chief = papers_of(host) / "chief"
    script = f"""
import http.client, ssl
context = ssl.create_default_context(cafile="{chief}/ca.pem"); context.check_hostname = False
context.load_cert_chain("{chief}/cert.pem", "{chief}/key.pem")
asking = http.client.HTTPSConnection("127.0.0.1", 2376, context=context)
for _ in range(3):
    asking.request("GET", "/containers/shop/json"); assert b"{SECRET}" in asking.getresponse().read()
"""
    host.run("/usr/bin/python3", "-c", script)
    added = host.read(AUDIT).splitlines()[lines:]
    assert [json.loads(each)["who"] for each in added] == ["certificate chief"] * 3


def test_nobody_takes_the_role_of_a_container_away_by_another_name(host: OwnHost) -> None:
    robot = ("env", f"DOCKER_CERT_PATH={papers_of(host) / 'robot'}", "docker", "--tlsverify", "-H", f"tcp://{REMOTE}")
    refused = host.run(*robot, "rename", "watcher", "other", check=False)
    assert b"container watcher has a role of its own" in refused.stderr, refused.stderr
    Reached(host, PEOPLE).docker("rename", "watcher", "other")
    Reached(host, PEOPLE).docker("rename", "other", "watcher")


def test_a_group_has_its_role_and_who_has_none_is_told(host: OwnHost) -> None:
    vera, nils = Reached(host, PEOPLE, "vera"), Reached(host, PEOPLE, "nils")
    assert b"shop" in vera.docker("ps").stdout
    assert "user vera is viewer" in refused(vera.docker("stop", "shop", check=False))
    assert "user nils has no role here" in refused(nils.docker("ps", check=False))
    assert nils.ask("GET", "/_ping").status == 200


def test_a_containers_root_is_not_the_hosts(host: OwnHost) -> None:
    assert b"200 OK" in from_container(host, "watcher", "/containers/json")
    assert b"container watcher is viewer" in from_container(host, "watcher", "/containers/shop/export")
    assert b"container stranger has no role here" in from_container(host, "stranger", "/containers/json")


@pytest.mark.parametrize("apart", [False, True], ids=["as themselves", "in namespaces of their own"])
@pytest.mark.parametrize("name", ["{id}", "docker/{id}", "docker-{id}.scope", "{id}/{id}"])
def test_nobody_becomes_a_container_by_the_name_of_a_control_group(host: OwnHost, name: str, apart: bool) -> None:
    id = host.docker("inspect", "-f", "{{.Id}}", "watcher").stdout.decode().strip()
    of_this_run = cgroup_of(host.folder).replace("/", "-")  # control groups are those of the machine
    named = f"dockworthy-test-{of_this_run}/{name.format(id=id)}"
    said = from_named_cgroup(Reached(host, PEOPLE, "nils"), named, "/containers/json", apart=apart)
    assert said.startswith(b"HTTP/1.1 403"), said
    assert b"container watcher" not in said and b"can't be identified" in said, said


def test_nobody_sends_the_engine_to_the_hosts_own_loopback(host: OwnHost) -> None:
    """The engine shows its plugin no login's body: the socket looks into it itself."""
    script = "import socket,sys\ns=socket.create_server(('127.0.0.1',9999))\nprint('open',flush=True)\n"
    script += (
        "while True:\n  s.accept()[0].sendall(b'HTTP/1.0 500 x\\r\\n\\r\\ninternal secret'); print('came',flush=True)\n"
    )
    listener = subprocess.Popen(
        [*host.inside, "setpriv", "--pdeathsig", "KILL", "/usr/bin/python3", "-c", script],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert listener.stdout is not None and listener.stdout.readline() == b"open\n"
        login = {"username": "u", "password": "p", "serveraddress": "http://127.0.0.1:9999"}
        for user, rule in (("vera", b"guard/roles"), ("dora", b"guard/registries")):
            reached = Reached(host, PEOPLE, user)
            for answer in (
                reached.ask("GET", "/distribution/127.0.0.1:9999/x/json"),
                reached.ask("POST", "/v1.45/auth", login),
                reached.ask("GET", "/images/search?term=127.0.0.1%3A9999%2Fx"),
                reached.ask("POST", "/images/create?fromImage=127.0.0.1%3A9999%2Fx&tag=1"),
            ):
                assert answer.status == 403 and rule in answer.body, answer
        answer = Reached(host, PEOPLE).ask("POST", "/v1.45/auth", login)
        assert answer.status != 403, "an admin does"
        assert listener.stdout.readline() == b"came\n"
    finally:
        listener.kill()
        rest, _ = listener.communicate()
    assert rest.count(b"came") <= 3, "what the engine tried for the admin"


def test_a_grant_gives_a_role_for_a_time(host: OwnHost) -> None:
    nils = Reached(host, PEOPLE, "nils")
    given = host.dockworthy("guard", "grant", "nils", "operator", "--for", "1h", "--reason", "the shop is down")
    assert given.returncode == 0, given.stderr
    assert nils.docker("exec", "bank", "sh", "-c", "echo in").stdout == b"in\n"
    listed = host.dockworthy("guard", "grants").stdout
    assert "user:nils" in listed and "the shop is down" in listed
    id = listed.split()[0]
    assert host.dockworthy("guard", "revoke", "nils").returncode == 0
    refused(nils.docker("exec", "bank", "id", check=False))
    assert host.dockworthy("guard", "revoke", "nils").returncode == 2
    lines = [line for line in map(json.loads, host.read(AUDIT).splitlines()) if line.get("grant") == id]
    noted = [line for line in lines if line["decision"] == "noted"]
    assert [line["action"] for line in noted] == ["guard/grant", "guard/revoke"], lines
    assert {line["who"] for line in noted} == {"root"}, noted
    assert all(
        (line["to"], line["role"], line["reason"]) == ("user:nils", "operator", "the shop is down") for line in noted
    )
    passed = [line for line in lines if line["decision"] == "allowed"]
    assert any(line["action"] == "containers/exec" and line["who"] == "user nils" for line in passed), lines
    assert {line["role"] for line in passed} == {"operator"}


def test_the_end_of_a_grant_is_written_down(host: OwnHost) -> None:
    binding = Binding(who="user:nils", role=Role.VIEWER, projects=("shop",))
    given = Grants(grants_folder()).give(binding, 1, "for a moment", "root")
    host.wait(lambda: '"guard/end"' in host.read(AUDIT), "its end is written down")
    (ended,) = (line for line in map(json.loads, host.read(AUDIT).splitlines()) if line.get("grant") == given.id)
    assert (ended["to"], ended["projects"], ended["reason"]) == ("user:nils", ["shop"], "for a moment")


def test_what_an_admin_does_names_the_role_and_that_the_policy_was_not_asked(host: OwnHost) -> None:
    Reached(host, PEOPLE).docker("run", "--rm", "--privileged", "--name", "asroot", BUSYBOX, "true")
    Reached(host, PEOPLE, "opal").docker("exec", "shop", "true")
    lines = list(map(json.loads, host.read(AUDIT).splitlines()))
    made = next(line for line in lines if line["action"] == "containers/create" and line.get("subject") == "asroot")
    assert (made["role"], made["policy"], "grant" in made) == ("admin", "not asked", False), made
    ran = next(line for line in lines if line["action"] == "containers/exec" and line["who"] == "user opal")
    assert (ran["role"], "policy" in ran) == ("operator", False), ran


@pytest.mark.parametrize("who", ["nobody-such", "user:70999", "group:none-such"])
def test_no_grant_for_somebody_who_does_not_exist(host: OwnHost, who: str) -> None:
    given = host.dockworthy("guard", "grant", who, "viewer", "--for", "1h", "--reason", "a test")
    assert given.returncode == 2 and "there is no " in given.stderr and "getent" in given.stderr, given.stderr
    assert "no grant is in force" in host.dockworthy("guard", "grants").stderr


def test_roles_change_with_the_policy(host: OwnHost) -> None:
    nils = Reached(host, PEOPLE, "nils")
    host.write("/etc/dockworthy.yaml", POLICY + '    - {who: "user:nils", role: viewer}\n')
    host.wait(lambda: nils.docker("ps", check=False).returncode == 0, "nils may look")
    host.write("/etc/dockworthy.yaml", POLICY)
    host.wait(lambda: nils.docker("ps", check=False).returncode != 0, "nils may not look any more")


def test_the_audit_of_what_was_refused_names_who_asked(host: OwnHost) -> None:
    Reached(host, PEOPLE, "opal").docker("rm", "-f", "bank", check=False)
    assert "refused user opal: containers bank: " in host.read("/var/log/guard")
    assert json.loads(host.docker("inspect", "bank").stdout)[0]["State"]["Running"]


@pytest.mark.parametrize("buildkit", ["0", "1"], ids=["classic builder", "BuildKit"])
def test_an_admin_builds_loads_and_copies_in(host: OwnHost, buildkit: str) -> None:
    host.write("/srv/build/Dockerfile", f"FROM {BUSYBOX}\nCOPY big /big\n")
    host.run("sh", "-c", "head -c 20000000 /dev/urandom >/srv/build/big")
    docker = ("env", f"DOCKER_BUILDKIT={buildkit}", "DOCKER_CONFIG=/srv/none", "docker", "-H", f"unix://{PEOPLE}")
    host.run(*docker, "build", "-t", "built:1", "/srv/build")
    host.run("sh", "-c", f"docker -H unix://{PEOPLE} save built:1 | docker -H unix://{PEOPLE} load")
    host.run(*docker, "cp", "/srv/build/big", "shop:/copied")
    digest = host.run("sha256sum", "/srv/build/big").stdout.split()[0]
    assert digest in Reached(host, PEOPLE).docker("exec", "shop", "busybox", "sha256sum", "/copied").stdout
    host.run(*docker, "rmi", "-f", "built:1")


def test_who_may_not_build_is_told_so_by_docker_build(host: OwnHost) -> None:
    """Buildx says nothing of that refusal, and pulls a builder of its own, which a deployer else may do."""
    pull = "/v1.45/images/create?fromImage=moby%2Fbuildkit&tag=buildx-stable-1"
    answer = Reached(host, PEOPLE, "dora").ask("POST", pull)
    assert answer.status == 403 and b"building images needs admin" in answer.body, answer
    assert b"building images" not in Reached(host, PEOPLE).ask("POST", pull).body


def test_login_writes_a_context_that_docker_uses(host: OwnHost) -> None:
    docker = ("env", "DOCKER_CONFIG=/srv/logged-in")
    program = str(DOCKWORTHY)
    host.run(*docker, program, "guard", "login", PEOPLE)
    assert b"shop" in host.run(*docker, "docker", "--context", "guard", "ps").stdout
    host.run(*docker, program, "guard", "login", PEOPLE)
    again = host.run(*docker, program, "guard", "login", "/var/run/docker.sock", check=False)
    assert again.returncode == 2
    assert b"docker context rm guard" in again.stderr


def test_who_does_not_read_fills_no_memory(host: OwnHost) -> None:
    root = Reached(host, PEOPLE)
    guard = root.pid()

    def resident() -> int:
        """KiB."""
        line = next(line for line in host.read(f"/proc/{guard}/status").splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1])

    root.docker("exec", "shop", "busybox", "dd", "if=/dev/zero", "of=/big", "bs=1000000", "count=200")
    before = resident()
    sleeping = root.begin("GET /containers/shop/archive?path=/big HTTP/1.1\r\nHost: x\r\n\r\n")
    sleeping.wait_for(b"200 OK")
    for _ in range(20):  # others are served meanwhile, and 200 MB would be there long since
        assert root.ask("GET", "/containers/json").status == 200
        assert resident() < before + 30_000
    sleeping.end()
    archive = root.docker("cp", "shop:/big", "-").stdout
    assert len(archive) > 200_000_000
    root.docker("exec", "shop", "busybox", "rm", "/big")


def test_a_deployer_gives_no_image_a_name(host: OwnHost) -> None:
    dora = Reached(host, PEOPLE, "dora")
    for command in (("import", "-", "registry.example.com/shop/web:1"), ("load",), ("tag", BUSYBOX, "shop/web:1")):
        done = dora.docker(*command, check=False, input=bytes(1024))
        assert "needs admin" in refused(done), command


def _containers(host: OwnHost) -> list[str]:
    return sorted(host.docker("ps", "-aq", "--no-trunc").stdout.decode().split())


def test_a_run_with_input_is_refused_before_anything_is_made(host: OwnHost) -> None:
    dora, label = Reached(host, PEOPLE, "dora"), "com.docker.compose.project=shop"
    dora.compose("shop", "up", "--no-start")
    try:
        before = _containers(host)
        for command in (("run", "-i", "--rm"), ("run", "-a", "stdin"), ("create", "-i")):
            done = dora.docker(*command, "--label", label, BUSYBOX, "true", check=False, input=b"")
            assert "to attach the container's input (AttachStdin) needs operator or admin" in refused(done), command
        done = dora.compose("shop", "run", "web", "true", check=False)
        assert done.returncode != 0 and b"(AttachStdin) needs operator or admin" in done.stderr, done.stderr
        assert _containers(host) == before
        assert dora.docker("run", "-di", "--rm", "--label", label, BUSYBOX, "true").returncode == 0
        done = dora.compose("shop", "run", "--rm", "--interactive=false", "-T", "web", "sh", "-c", "echo said")
        assert done.stdout == b"said\n"
    finally:
        dora.compose("shop", "down", "-v", "-t", "0")


def test_a_refusal_tells_the_role_and_the_policy_at_once(host: OwnHost) -> None:
    dora, label = Reached(host, PEOPLE, "dora"), "com.docker.compose.project=shop"
    done = dora.docker("run", "-i", "--privileged", "-v", "/etc:/a", "--device", "/dev/kvm", BUSYBOX, check=False)
    said = refused(done)
    for part in ("of no project", "AttachStdin", "workload/privileged", "guard/binds", "guard/devices"):
        assert part in said, part
    done = dora.docker("run", "--privileged", "-v", "/etc:/a", "--label", label, BUSYBOX, check=False)
    assert b"workload/privileged" in done.stderr and b"guard/binds" in done.stderr and done.stderr.count(b"\n- ") > 1


_TWO = """
import http.client, json, socket, sys, threading, time
class Connection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX); self.sock.connect(sys.argv[1])
def small():
    start = time.perf_counter()
    few.request("GET", "/containers/json"); answer = few.getresponse(); answer.read()
    assert answer.status == 200
    return time.perf_counter() - start
few, many, said = Connection("x"), Connection("x"), []
usual = sorted(small() for _ in range(50))[25]
def ask():
    start = time.perf_counter()
    many.request("POST", "/containers/create", sys.stdin.buffer.read(), {"Content-Type": "application/json"})
    answer = many.getresponse()
    said.append((answer.status, answer.read().decode(), time.perf_counter() - start))
large = threading.Thread(target=ask); large.start()
waits = []
while large.is_alive():
    waits.append(small())
print(json.dumps({"usual": usual, "most": max(waits), "small": len(waits), "large": said[0]}))
"""


def test_who_asks_for_little_is_answered_while_somebody_asks_for_all_that_they_may(host: OwnHost) -> None:
    """The one asks, the other looks, at one guard and one engine; and the engine's own socket answers, too."""
    body = {**largest(), "Labels": {"com.docker.compose.project": "shop"}}
    body["HostConfig"] |= {"Links": [], "VolumesFrom": [], "Binds": [f"v{each}:/b{each}" for each in range(512)]}
    body["NetworkingConfig"] = {}
    as_dora = ("setpriv", "--reuid=dora", "--init-groups", "--regid=dora")  # root is an admin, whom nothing binds
    done = host.run(*as_dora, "/usr/bin/python3", "-c", _TWO, PEOPLE, input=json.dumps(body).encode())
    told = json.loads(done.stdout)
    status, says, took = told["large"]
    assert status in (400, 403), says
    print(told)  # shown where it fails
    assert told["small"] > 5 and told["most"] < max(0.5, took / 3), told
