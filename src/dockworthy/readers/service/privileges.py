"""`ContainerSpec.Privileges`: what a service says of seccomp, AppArmor, SELinux and new privileges (API 1.44 on)."""

from __future__ import annotations

from ...model.field import Field, Origin, Set, Unknown, Unset
from ...model.workload import Profile, SELinux
from ..api_object import ApiObject
from ..engine_context import EngineContext


def read_seccomp(privileges: ApiObject, context: EngineContext) -> Field[Profile]:
    mode = privileges.text("Seccomp", "Mode")
    if isinstance(mode, Unknown):
        return mode
    if isinstance(mode, Set) and mode.value not in ("", "default"):
        return Set(Profile("Unconfined" if mode.value == "unconfined" else "Localhost"), mode.source)
    if context.features is None:
        return Unknown("whether the engine has seccomp is unknown", source=context.features_source)
    on = "seccomp" in context.features
    return Set(Profile("RuntimeDefault" if on else "Unconfined"), context.features_source, Origin.PLATFORM)


def read_apparmor(privileges: ApiObject) -> Field[Profile]:
    mode = privileges.text("AppArmor", "Mode")
    if not isinstance(mode, Set):
        return mode
    return Set(Profile("Unconfined" if mode.value == "disabled" else "RuntimeDefault"), mode.source)


def read_selinux(privileges: ApiObject) -> Field[SELinux]:
    context = privileges.at("SELinuxContext")
    if not isinstance(context.data, dict):
        return Unset(context.source)
    said = (context.word("Type"), context.word("User"), context.word("Role"), context.word("Level"))
    return Set(SELinux(*said, disabled=context.at("Disable").data is True), context.source)


def read_escalation(privileges: ApiObject, context: EngineContext) -> Field[bool]:
    written = privileges.boolean("NoNewPrivileges")
    if isinstance(written, Set) and written.value:
        return Set(False, written.source)
    if context.features is not None and "no-new-privileges" in context.features:
        return Set(False, context.features_source, Origin.PLATFORM)
    return written if isinstance(written, Unknown) else Unset(privileges.at("NoNewPrivileges").source)
