"""Why ssh did not get us in, or lost the host: its own words, as a sentence with the next thing to do."""

from __future__ import annotations

import re

from ...errors import HostError
from .address import SshAddress

_NOISE = re.compile(
    r"^(Warning: Permanently added|debug\d:|Authenticated to|Transferred:|Bytes per second|mux_client"
    r"|Connection to \S+ closed|Could not chdir to home directory|\*\* )"
)


NO_WAY = "there is no way to {host} from here"
IS_IT_UP = "is the host up, and this machine in the right network or VPN? ping {host}"


def why_not_in(
    address: SshAddress, said: str, status: int | None, *, printed: str = "", sudo: bool, seconds: float
) -> HostError:
    """The error for a connection on which no shell came up. `said`: standard error; `status`: ssh's, None if it still
    runs (it took too long); `printed`: what came instead of a shell's answer."""
    host = address.host
    for pattern, says, hint in _REASONS:
        found = re.search(pattern, said, re.IGNORECASE)
        if found:
            words = {
                "host": host,
                "name": address.name,
                "target": _target(address),
                "user": address.user or "USER",
                "known": _known_as(address, said),
            }
            words |= {key: value or "" for key, value in found.groupdict().items()}
            return HostError(says.format(**words), hint=hint.format(**words))
    if status is None:
        return HostError(
            f"{host} did not answer over ssh within {seconds:.0f} s",
            hint=f"try it by hand: ssh {_target(address)} true",
        )
    if status == 255:
        return HostError(f"ssh to {host} failed: {last_words(said) or 'it gave no reason'}", hint=_by_hand(address))
    what = "a root shell (sudo -n sh)" if sudo else "a POSIX shell (sh)"
    reason = last_words(said) or last_words(printed) or f"the command ended with status {status}"
    return HostError(
        f"{host} let us in, and then gave us no {what.removeprefix('a ')}: {reason}",
        hint=f"this account must be able to run it: ssh {_target(address)} {'sudo -n ' if sudo else ''}sh -c true",
    )


def why_lost(address: SshAddress, said: str) -> str:
    """Why a connection that stood is gone, in words."""
    words = last_words(said)
    return f"the ssh connection to {address.host} ended meanwhile{f' ({words})' if words else ''}"


def last_words(said: str) -> str:
    """The last line of what ssh or the shell said, without what it always says."""
    lines = [line.strip() for line in said.replace("\r", "\n").splitlines()]
    telling = [line for line in lines if line and not _NOISE.search(line)]
    return telling[-1][:300] if telling else ""


def _known_as(address: SshAddress, said: str) -> str:
    """The command that forgets the host's key: ssh itself knows under which name it stands, and in which file."""
    own = re.search(r"ssh-keygen -f (?:'[^'\r\n]+'|\"[^\"\r\n]+\"|\S+) -R \S+", said)
    name = f"'[{address.host}]:{address.port}'" if address.port not in (None, 22) else address.host
    return own[0] if own else f"ssh-keygen -R {name}"


def _target(address: SshAddress) -> str:
    user = f"{address.user}@" if address.user else ""
    return f"{f'-p {address.port} ' if address.port else ''}{user}{address.host}"


def _by_hand(address: SshAddress) -> str:
    return f"see what it says by hand: ssh -v {_target(address)} true"


_REASONS = (
    (
        r"REMOTE HOST IDENTIFICATION HAS CHANGED|host key for .* has changed",
        "the host key of {host} is not the one that known_hosts has: it was reinstalled, or somebody stands in between",
        "find out which, by another way than this network; only then: {known}",
    ),
    (
        r"Host key for .* was revoked|REVOKED HOST KEY",
        "the host key of {host} is marked as revoked in known_hosts",
        "ask who runs {host} for its new key",
    ),
    (
        r"Host key verification failed|No .* host key is known for",
        "{host} is not in known_hosts yet, so nobody can tell whether it is the right one",
        "connect once by hand, compare the fingerprint, and say yes: ssh {target} true",
    ),
    (
        r"sudo: .*(a password is required|a terminal is required|no askpass)",
        "sudo on {host} asks for a password, and nobody is there to type one",
        "let it use sudo without one (visudo -f /etc/sudoers.d/dockworthy: `{user} ALL=(root) NOPASSWD: ALL`),"
        " or come as root: --host ssh://root@{host}",
    ),
    (
        r"sudo: .*must have a tty",
        "sudo on {host} wants a terminal (requiretty), and there is none",
        "in /etc/sudoers: `Defaults:{user} !requiretty`, or come as root: --host ssh://root@{host}",
    ),
    (
        r"(sudo: not found|sudo: command not found|exec: sudo: not found)",
        "{host} has no sudo",
        "leave --sudo out and come as root: --host ssh://root@{host}",
    ),
    (
        r"(is not in the sudoers file|is not allowed to (execute|run sudo))",
        "sudo on {host} does not allow this account to run a shell",
        "come as root: --host ssh://root@{host}, or without --sudo: what only root can see is then unknown",
    ),
    (
        r"Permission denied \((?P<methods>[^)]*)\)",
        "{host} did not accept our key (it would take: {methods})",
        "which keys ssh offers: ssh -v {target} true; to install one there: ssh-copy-id {target}",
    ),
    (
        r"Permission denied(, please try again)?\.|Too many authentication failures",
        "{host} accepted none of our keys",
        "which keys ssh offers: ssh -v {target} true; to install one there: ssh-copy-id {target}",
    ),
    (
        r"Connection refused",
        "nobody listens for ssh at {host}",
        "is sshd running there, and is the port right? ssh {target} true",
    ),
    (
        r"Could not resolve hostname|Name or service not known",
        "the name {host} leads nowhere",
        "is it spelled as in DNS or in ~/.ssh/config? getent hosts {host}",
    ),
    (
        r"No route to host|Network is unreachable",
        NO_WAY,
        IS_IT_UP,
    ),
    (
        r"timed out",
        "{host} did not answer over ssh",
        "is the host up, and does a firewall drop port 22? ssh -v {target} true",
    ),
    (
        r"kex_exchange_identification|Connection (reset|closed) by|banner line contains invalid",
        "{host} took the connection and closed it before it let us in",
        "its sshd's log tells why (too many connections, a ban, another service on that port?)",
    ),
    (
        r"bad permissions|UNPROTECTED PRIVATE KEY|invalid format|error in libcrypto",
        "ssh can't use the private key for {host}",
        "what it says: ssh -v {target} true",
    ),
    (
        r"Bad configuration option|terminating, \d+ bad configuration|Bad owner or permissions",
        "ssh's own configuration on this machine is damaged",
        "what it says: ssh -G {host}",
    ),
)
"""Pattern in ssh's standard error -> sentence, hint. The first that fits counts."""
