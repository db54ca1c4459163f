"""One secret is one theft: a login that needs two of different kinds outlives the loss of a laptop."""

from __future__ import annotations

from typing import Any

from ...model.control import Control, Subject, nist
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, failed, passed, unknown
from ...model.host import Host
from ...model.levels import Level, Severity
from ..examples import both, not_seen, on_host
from ._ssh import no_server, passwords_by, ssh


def _ssh(**settings: str) -> dict[str, Any]:
    return on_host(ssh=settings)


_ASKS_TWICE = on_host(ssh_login_modules=["pam_unix", "pam_google_authenticator"])
_ASKS_ONCE = on_host(ssh_login_modules=["pam_unix"])

control = Control(
    id="host/second-factor",
    title="A login by SSH needs two things of different kinds",
    fault="One factor is enough to log in by SSH",
    rationale="A key that was copied from a laptop, or a password from a list, opens the host alone. A code or a touch on "
    "top of it does not come along with the theft.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="7.credentials",
    subject=Subject.HOST,
    references=(nist("4.5.4"),),
    remedy=Remedy(
        "Set up the module for codes first: install libpam-google-authenticator or libpam-oath, give everybody their code, "
        "and put it into /etc/pam.d/sshd. Then set `KbdInteractiveAuthentication yes`, `UsePAM yes` and "
        "`AuthenticationMethods publickey,keyboard-interactive`: without the first of these sshd lets nobody in, and `sshd -t` "
        "only warns. Or give everybody a key on a token that must be touched (`ssh-keygen -t ed25519-sk`) and accept only "
        "such (`PubkeyAuthOptions touch-required`). The first setting that sshd reads counts: `grep -rinE "
        "'kbdinter|authenticationm|usepam' /etc/ssh/sshd_config*`.",
        "everybody must set up the second factor first; keep a session open while you change it",
        "sshd -t && systemctl reload ssh",
    ),
    check_yourself="sshd -T | grep -iE 'authenticationmethods|usepam|pubkeyauthoptions'; grep ^auth /etc/pam.d/sshd",
    bad={
        "snapshot": [
            both(_ssh(passwordauthentication="no", kbdinteractiveauthentication="no"), _ASKS_TWICE),
            both(_ssh(passwordauthentication="no", kbdinteractiveauthentication="no"), _ASKS_ONCE),
            both(_ssh(usepam="yes"), _ASKS_ONCE),
            both(_ssh(authenticationmethods="publickey,password publickey"), _ASKS_ONCE),
            both(
                _ssh(authenticationmethods="publickey,keyboard-interactive", kbdinteractiveauthentication="no"),
                _ASKS_TWICE,
            ),
        ]
    },
    good={
        "snapshot": [
            both(_ssh(authenticationmethods="publickey,password"), _ASKS_ONCE),
            both(_ssh(authenticationmethods="publickey,keyboard-interactive", usepam="yes"), _ASKS_TWICE),
            both(_ssh(authenticationmethods="keyboard-interactive", usepam="yes"), _ASKS_TWICE),
            both(_ssh(pubkeyauthoptions="verify-required", passwordauthentication="no"), _ASKS_ONCE),
        ]
    },
    unclear={
        "snapshot": [
            on_host(ssh=not_seen()),
            both(
                _ssh(authenticationmethods="keyboard-interactive", usepam="yes"), on_host(ssh_login_modules=not_seen())
            ),
        ]
    },
)

_CODES = "kbdinteractiveauthentication"
_SECOND = (
    "pam_google_authenticator pam_oath pam_duo pam_u2f pam_yubico pam_otpw pam_privacyidea pam_radius_auth pam_rublon"
    " pam_fido2 pam_totp"
).split()
"""Modules that ask for something that is not a password."""


@control.judge
def second_factor(host: Host) -> Judgement:
    if (judgement := no_server(host)) is not None:
        return judgement
    methods = ssh(host, "authenticationmethods").split()
    if methods == ["any"]:
        return _whatever_fits(host)
    if all("keyboard-interactive" in method for method in methods) and ssh(host, _CODES) == "no":
        says = f"AuthenticationMethods {' '.join(methods)}, and KbdInteractiveAuthentication no: sshd lets nobody in"
        return failed(says, host.ssh.source)
    alone = [method for method in methods if not _is_two(method)]
    if not alone:
        return passed(f"AuthenticationMethods {' '.join(methods)}", host.ssh.source)
    if all(method.split(":")[0] in ("keyboard-interactive", "password") for method in alone):
        return _asks_pam(host, alone[0])
    return failed(f"AuthenticationMethods {' '.join(methods)}: {alone[0]} alone is enough", host.ssh.source)


def _is_two(method: str) -> bool:
    """`publickey,publickey` are two keys of perhaps one laptop."""
    return len({part.split(":")[0] for part in method.split(",")}) > 1


def _whatever_fits(host: Host) -> Judgement:
    touched = ssh(host, "pubkeyauthoptions")
    by = passwords_by(host)
    if any(word in touched for word in ("touch-required", "verify-required")) and not by:
        return passed(f"PubkeyAuthOptions {touched}: keys are on tokens only", host.ssh.source)
    if ssh(host, "pubkeyauthentication") != "no":
        return failed("a key alone is enough (AuthenticationMethods any)", host.ssh.source)
    return _asks_pam(host, by) if by else passed("neither a key nor a password is enough", host.ssh.source)


def _asks_pam(host: Host, by: str) -> Judgement:
    modules = host.ssh_login_modules
    if isinstance(modules, Unknown):
        return unknown(f"{by}: {modules.reason}", modules.source, tell=modules.tell)
    asked = [name for name in (modules.value if isinstance(modules, Set) else ()) if name in _SECOND]
    if asked and ssh(host, "usepam") == "yes":
        return passed(f"{by}, and PAM asks {', '.join(asked)}", modules.source)
    return failed(f"{by}: a password alone is enough", host.ssh.source)
