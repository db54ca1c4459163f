"""ssh's own words become a sentence and the next thing to do."""

from __future__ import annotations

import pytest

from dockworthy.engine.ssh.address import SshAddress
from dockworthy.engine.ssh.faults import why_lost, why_not_in

SHOP = SshAddress("shop", "ci", 2222)


@pytest.mark.parametrize(
    ("said", "says", "hint"),
    [
        ("ssh: Could not resolve hostname shop: Name or service not known\n", "leads nowhere", "getent hosts shop"),
        ("ssh: connect to host shop port 2222: Connection refused\n", "nobody listens", "port right"),
        ("ssh: connect to host shop port 2222: No route to host\n", "no way to shop", "VPN"),
        ("ssh: connect to host shop port 2222: Connection timed out\n", "did not answer", "firewall"),
        ("Connection timed out during banner exchange\n", "did not answer", "firewall"),
        ("ci@shop: Permission denied (publickey,password).\n",
         "would take: publickey,password", "ssh-copy-id -p 2222 ci@shop"),
        ("Received disconnect from 192.0.2.1: 2: Too many authentication failures\n",
         "none of our keys", "ssh-copy-id"),
        ("No ED25519 host key is known for shop and you have requested strict checking.\n",
         "is not in known_hosts", "compare the fingerprint"),
        ("Host key verification failed.\n", "is not in known_hosts", "ssh -p 2222 ci@shop true"),
        ("@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.\n",
         "is not the one that known_hosts has", "only then: ssh-keygen -R '[shop]:2222'"),
        ("@ WARNING: REVOKED HOST KEY DETECTED! @\nHost key verification failed.\n", "revoked", "new key"),
        ("sudo: a password is required\n", "asks for a password", "NOPASSWD"),
        ("sudo: sorry, you must have a tty to run sudo\n", "requiretty", "!requiretty"),
        ("sh: 1: exec: sudo: not found\n", "has no sudo", "ssh://root@shop"),
        ("Connection closed by 192.0.2.1 port 2222\n", "closed it before it let us in", "sshd's log"),
        ("/root/.ssh/config: line 3: Bad configuration option: hots\n",
         "configuration on this machine is damaged", "ssh -G"),
        ("something new\n", "ssh to shop failed: something new", "ssh -v -p 2222 ci@shop true"),
        ("", "it gave no reason", "ssh -v"),
    ],
)  # fmt: skip
def test_sentences(said: str, says: str, hint: str) -> None:
    error = why_not_in(SHOP, said, 255, sudo=True, seconds=10)
    assert says in error.says and "shop" in error.says + error.hint
    assert hint in error.hint
    assert error.exit_status == 15
    assert "\n" not in error.says + error.hint


def test_ssh_knows_itself_how_to_forget_a_key() -> None:
    own = "ssh-keygen -f '/home/anna/.ssh/known_hosts' -R '[192.0.2.1]:2222'"
    said = f"@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\r\n  remove with:\r\n  {own}\r\nHost key"
    assert why_not_in(SHOP, said, 255, sudo=False, seconds=10).hint.endswith(f"only then: {own}")


def test_too_late() -> None:
    assert why_not_in(SHOP, "", None, sudo=False, seconds=10).says == "shop did not answer over ssh within 10 s"


def test_what_a_host_prints_is_no_message_of_ssh() -> None:
    """A greeting that speaks of refused connections is not why there is no shell."""
    error = why_not_in(SHOP, "", 1, printed="Connection refused yesterday\nno shell for you", sudo=False, seconds=10)
    assert error.says == "shop let us in, and then gave us no POSIX shell (sh): no shell for you"


def test_the_last_word_of_a_lost_connection() -> None:
    said = (
        "Warning: Permanently added 'shop' to the list of known hosts.\r\nclient_loop: send disconnect: Broken pipe\r\n"
    )
    lost = "the ssh connection to shop ended meanwhile"
    assert why_lost(SHOP, said) == f"{lost} (client_loop: send disconnect: Broken pipe)"
    assert why_lost(SHOP, "Connection to shop closed by remote host.\n") == lost
