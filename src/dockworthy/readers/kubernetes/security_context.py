"""What a pod's and a container's `securityContext` have in common."""

from __future__ import annotations

from ...model.field import Field, Set, Unset
from ...model.workload import Profile, SecurityContext, SELinux, User
from ..yaml_source import Value


def read_context(security: Value | None, silent: Unset) -> SecurityContext:
    """`silent` stands for what nobody wrote."""
    if security is None:
        return SecurityContext(silent, silent, silent, silent, silent, silent)
    return SecurityContext(
        user=_user(security, silent),
        run_as_non_root=boolean(security, "runAsNonRoot", silent),
        seccomp=_profile(security.get("seccompProfile"), silent),
        apparmor=_profile(security.get("appArmorProfile"), silent),
        selinux=_selinux(security.get("seLinuxOptions"), silent),
        windows_host_process=_host_process(security, silent),
    )


def boolean(parent: Value | None, key: str, silent: Unset) -> Field[bool]:
    value = None if parent is None else parent.get(key)
    return silent if value is None else Set(value.boolean(), value.source)


def _user(security: Value, silent: Unset) -> Field[User]:
    uid, gid = security.get("runAsUser"), security.get("runAsGroup")
    if uid is None:
        return silent
    return Set(User(uid=uid.integer(), group="" if gid is None else str(gid.integer())), uid.source)


def _profile(profile: Value | None, silent: Unset) -> Field[Profile]:
    if profile is None:
        return silent
    type_, name = profile.get("type"), profile.get("localhostProfile")
    return Set(
        Profile("" if type_ is None else type_.text(), "" if name is None else name.text()),
        profile.source if type_ is None else type_.source,
    )


def _selinux(options: Value | None, silent: Unset) -> Field[SELinux]:
    if options is None:
        return silent
    said = {key: value.text() for key in ("type", "user", "role", "level") if (value := options.get(key)) is not None}
    return Set(
        SELinux(said.get("type", ""), said.get("user", ""), said.get("role", ""), said.get("level", "")), options.source
    )


def _host_process(security: Value, silent: Unset) -> Field[bool]:
    return boolean(security.get("windowsOptions"), "hostProcess", silent)
