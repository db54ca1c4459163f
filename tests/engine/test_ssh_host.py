"""Who is let in over ssh, who is not, and what they are told. With a real sshd."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from dockworthy.engine.ssh.address import ssh_address
from dockworthy.engine.ssh.host import SshHost
from dockworthy.engine.ssh.shell import ShellLost
from dockworthy.errors import HostError
from machines.ssh_fixtures import Servers
from machines.ssh_servers import USER, Clients, make_key
from patience import patience

pytestmark = pytest.mark.ssh


async def say(endpoint: str, script: str, *, sudo: bool = False, seconds: float = 15.0) -> str:
    """What the shell over there prints."""
    ends = asyncio.get_running_loop().time() + patience(seconds)
    async with SshHost(ssh_address(endpoint), sudo=sudo, ends=ends) as host:
        said = b""
        async for reply in host.shell.run(f"{{ {script}\n}} >&3 </dev/null; r said 0\n".encode(), ends=ends):
            said = reply.content
        return said.decode()


async def refused(endpoint: str, *, sudo: bool = False, seconds: float = 15.0) -> HostError:
    with pytest.raises(HostError) as error:
        await say(endpoint, "id -u", sudo=sudo, seconds=seconds)
    return error.value


async def test_a_shell_over_there(serve: Servers) -> None:
    server = serve()
    assert await say(server.address(), "id -u") == "0\n"


async def test_nothing_stays_behind(
    serve: Servers, clients: Clients, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server = serve()
    folder = tmp_path / "t"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    await say(server.address(), "true")
    assert list(folder.iterdir()) == []


async def test_what_login_scripts_print_is_no_answer(serve: Servers) -> None:
    noise = "r end 0\\n\\nM start 0\\nWelcome!"
    server = serve(f"ForceCommand printf '{noise}'; eval \"$SSH_ORIGINAL_COMMAND\"")
    assert await say(server.address(), "echo here") == "here\n"


async def test_odd_login_shells_will_do(serve: Servers) -> None:
    shell = shutil.which("bash") or "/bin/sh"
    server = serve(user_shell=shell)
    assert await say(server.address(USER), "id -un") == f"{USER}\n"


async def test_a_host_that_is_not_known(serve: Servers, clients: Clients) -> None:
    server = serve(known=False)
    clients.know(server, trust=False)
    error = await refused(server.address())
    assert "is not in known_hosts" in error.says
    assert f"ssh root@{server.name} true" in error.hint
    assert clients.known_hosts.read_text() == "", "nobody but a person may say yes"


async def test_a_host_key_that_changed(serve: Servers, clients: Clients, tmp_path: Path) -> None:
    server = serve(known=False)
    clients.know(server, trust=False)
    other = make_key(tmp_path / "other")
    clients.trust(server, other.with_suffix(".pub"))
    before = clients.known_hosts.read_text()
    error = await refused(server.address())
    assert "is not the one that known_hosts has" in error.says
    assert error.hint.startswith("find out which, by another way") and "only then: ssh-keygen -f" in error.hint
    assert clients.known_hosts.read_text() == before


async def test_a_key_that_the_host_does_not_take(serve: Servers, clients: Clients, tmp_path: Path) -> None:
    server = serve(known=False)
    clients.know(server, key=make_key(tmp_path / "stranger"))
    error = await refused(server.address())
    assert error.says.startswith(f"{server.name} did not accept our key") and "publickey" in error.says
    assert "ssh-copy-id" in error.hint


async def test_a_key_with_a_passphrase_asks_nobody(serve: Servers, clients: Clients, tmp_path: Path) -> None:
    server = serve(known=False)
    key = make_key(tmp_path / "locked")
    subprocess.run(["ssh-keygen", "-q", "-p", "-N", "secret", "-f", str(key)], check=True, capture_output=True)
    clients.know(server, key=key)
    assert "did not accept our key" in (await refused(server.address())).says


async def test_nobody_listens(serve: Servers) -> None:
    server = serve()
    server.stop()
    error = await refused(server.address())
    assert error.says == f"nobody listens for ssh at {server.name}"


async def test_a_name_that_leads_nowhere(clients: Clients) -> None:
    error = await refused("ssh://nobody.invalid")
    assert "leads nowhere" in error.says


async def test_a_host_that_takes_the_connection_and_goes_silent(clients: Clients) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:  # the kernel takes connections, nobody accepts them
        error = await refused(f"ssh://root@127.0.0.1:{server.getsockname()[1]}", seconds=1.5)
        assert "did not answer over ssh" in error.says


async def test_a_service_that_is_no_ssh_server(clients: Clients) -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        error = await refused(f"ssh://root@127.0.0.1:{port}")
        assert "closed it before it let us in" in error.says
    finally:
        server.close()


async def test_an_account_without_a_shell(serve: Servers) -> None:
    server = serve(user_shell="/usr/sbin/nologin")
    error = await refused(server.address(USER))
    assert "gave us no POSIX shell" in error.says and "not available" in error.says


async def test_a_host_that_runs_one_command_only(serve: Servers) -> None:
    server = serve("ForceCommand echo backups only")
    error = await refused(server.address())
    assert "gave us no POSIX shell" in error.says


async def test_sudo_that_asks_for_a_password(serve: Servers) -> None:
    server = serve(user_shell="/bin/sh", sudo=f"{USER} ALL=(root) ALL")
    error = await refused(server.address(USER), sudo=True)
    assert error.says == f"sudo on {server.name} asks for a password, and nobody is there to type one"
    assert "NOPASSWD" in error.hint and f"ssh://root@{server.name}" in error.hint


async def test_sudo_without_a_password(serve: Servers) -> None:
    server = serve(user_shell="/bin/sh", sudo=f"{USER} ALL=(root) NOPASSWD: ALL")
    assert await say(server.address(USER), "id -u", sudo=True) == "0\n"
    assert await say(server.address(USER), "id -u") != "0\n"
    assert await say(server.address(), "id -u", sudo=True) == "0\n", "root needs no sudo"


async def test_ssh_gone_in_the_middle(serve: Servers) -> None:
    server = serve()
    ends = asyncio.get_running_loop().time() + patience(20)
    async with SshHost(ssh_address(server.address()), sudo=False, ends=ends) as host:
        replies = []
        with pytest.raises(ShellLost):
            async for reply in host.shell.run(b"printf one >&3; r one 0; sleep 30; r two 0", ends=ends):
                replies.append(reply.content)
                server.kill_connections()
        assert replies == [b"one"], "what was said before stands"
        assert f"the ssh connection to {server.name} ended meanwhile" in await host.why_lost()


async def test_a_command_that_never_ends(serve: Servers) -> None:
    server = serve()
    ends = asyncio.get_running_loop().time() + patience(20)
    async with SshHost(ssh_address(server.address()), sudo=False, ends=ends) as host:
        with pytest.raises(ShellLost, match="did not answer in time"):
            async for _ in host.shell.run(b"sleep 30", ends=asyncio.get_running_loop().time() + patience(0.5)):
                pass
