"""The SSH server's settings, with its defaults where nothing is written."""

from __future__ import annotations

from ...model.field import Field, Set, Unset
from ...model.finding import Judgement, not_applicable
from ...model.host import Host
from ._fields import not_known

_DEFAULTS = {
    "permitrootlogin": "prohibit-password",
    "passwordauthentication": "yes",
    "kbdinteractiveauthentication": "yes",
    "usepam": "no",
    "permitemptypasswords": "no",
    "authenticationmethods": "any",
}
"""Source: sshd_config(5), OpenSSH 7.0 and later."""


def no_server(host: Host) -> Judgement | None:
    """The judgement where there is no SSH server, or where its settings could not be read; None where there is one."""
    if isinstance(host.ssh, Unset):
        return not_applicable("no SSH server is installed", host.ssh.source)
    return None if isinstance(host.ssh, Set) else not_known(host.ssh)


def ssh(host: Host, name: str) -> str:
    """A setting in lower case; to be asked only where there is a server."""
    settings: Field[dict[str, str]] = host.ssh
    written = settings.value.get(name, "") if isinstance(settings, Set) else ""
    return (written or _DEFAULTS.get(name, "")).lower()


def passwords_by(host: Host) -> str:
    """The setting by which a password alone is enough to log in, `""` where it never is."""
    methods = ssh(host, "authenticationmethods").split()
    if methods != ["any"] and all("publickey" in method for method in methods):
        return ""  # the password comes on top of a key
    if ssh(host, "passwordauthentication") == "yes":
        return "PasswordAuthentication yes"
    if ssh(host, "kbdinteractiveauthentication") == "yes" and ssh(host, "usepam") == "yes":
        return "KbdInteractiveAuthentication yes"
    return ""
