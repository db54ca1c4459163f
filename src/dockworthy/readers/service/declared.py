"""A service's spec: what every task of it will be given. What the image brings is not in it."""

from __future__ import annotations

import base64
from typing import Any

from ...model.call_filter import CallFilter
from ...model.dialect import Platform
from ...model.field import Field, Origin, Set, Source, Unknown, Unset
from ...model.workload import (
    Container,
    ContainerRole,
    Limits,
    Logging,
    Mount,
    MountKind,
    Namespaces,
    Port,
    Profile,
    Restart,
    SecurityContext,
    SELinux,
    Sysctl,
    Unit,
    UpdatePolicy,
)
from ..api_object import ApiObject
from ..container.host_config import read_ulimits
from ..container.operation import read_environment, read_health
from ..create_request.unit import mount_of, options_of
from ..engine_context import EngineContext
from ..engine_words import above_zero, capabilities
from ..seccomp_profile import read_profile
from ..user import read_user

WHERE = "GET /services"
_BY_IMAGE = "the service does not say, the image may"
_TELL = "the service's running tasks show it"
_NANO = 1_000_000_000


def read_service(service: dict[str, Any], context: EngineContext) -> Unit:
    """The unit that the orchestrator keeps running."""
    found = ApiObject(service, WHERE)
    spec = found.at("Spec")
    task = spec.at("TaskTemplate")
    name = spec.word("Name") or found.word("ID") or "unnamed"
    return Unit(
        id=f"service/{name}",
        kind="service",
        name=name,
        dialect=context.dialect(Platform.SWARM),
        source=Source(WHERE, "Spec"),
        containers=(_container(name, spec, task, context),),
        namespaces=_namespaces(task),
        sysctls=_sysctls(task.at("ContainerSpec", "Sysctls")),
        labels=spec.words("Labels"),
        networks=_networks(spec, task),
        replicas=spec.integer("Mode", "Replicated", "Replicas"),
        update=_update(spec.at("UpdateConfig")),
        engine_paths=context.paths,
    )


def _container(name: str, spec: ApiObject, task: ApiObject, context: EngineContext) -> Container:
    run = task.at("ContainerSpec")
    return Container(
        name=name,
        role=ContainerRole.MAIN,
        source=run.source,
        image=run.text("Image"),
        context=SecurityContext(
            user=_or_by_image(read_user(run.text("User"))),
            seccomp=read_seccomp(run.at("Privileges"), context),
            apparmor=read_apparmor(run.at("Privileges")),
            selinux=read_selinux(run.at("Privileges")),
        ),
        privileged=Set(False, Source(WHERE, "a service can't be privileged")),
        allow_privilege_escalation=read_escalation(run.at("Privileges"), context),
        capabilities_add=capabilities(run.texts("CapabilityAdd")),
        capabilities_drop=capabilities(run.texts("CapabilityDrop")),
        read_only_root=_or_false(run.boolean("ReadOnly")),
        proc_mount=Set("Default", run.source),
        init=run.boolean("Init"),
        command=_command(run),
        environment=read_environment(run.texts("Env")),
        mounts=read_mounts(run, context),
        ports=read_ports(spec),
        limits=read_limits(task),
        health=_or_by_image(read_health(run.at("Healthcheck"))),
        logging=read_log_driver(task.at("LogDriver"), context),
        restart=_restart(task.at("RestartPolicy")),
        secrets=_secrets(run),
    )


def _command(run: ApiObject) -> Field[tuple[str, ...]]:
    """`Command` replaces the image's entry point, `Args` its command."""
    program, arguments = run.texts("Command"), run.texts("Args")
    if isinstance(program, Set):
        return Set(program.value + (arguments.value if isinstance(arguments, Set) else ()), program.source)
    return program if isinstance(program, Unknown) else arguments


def _or_by_image(field: Field[Any]) -> Field[Any]:
    return Unknown(_BY_IMAGE, tell=_TELL, source=field.source) if isinstance(field, Unset) else field


def _or_false(field: Field[bool]) -> Field[bool]:
    return Set(False, field.source) if isinstance(field, Unset) else field


def _namespaces(task: ApiObject) -> Namespaces:
    """A service has no PID, IPC or UTS mode; its network is the host's where it joins the one called `host`."""
    own = Set("private", task.source)
    joins_host = any(network.word("Target") == "host" for network in task.items("Networks"))
    return Namespaces(
        network=Set("host" if joins_host else "private", task.at("Networks").source),
        pid=own,
        ipc=own,
        uts=own,
        cgroup=own,
        user=Unknown("each node decides whether users are remapped", source=task.source),
    )


def _networks(spec: ApiObject, task: ApiObject) -> Field[tuple[str, ...]]:
    joined = [network.word("Target") for part in (task, spec) for network in part.items("Networks")]
    return Set(tuple(dict.fromkeys(joined)), task.at("Networks").source)


def _sysctls(sysctls: ApiObject) -> Field[tuple[Sysctl, ...]]:
    said = sysctls.text_map()
    if not isinstance(said, Set):
        return said
    return Set(tuple(Sysctl(name, value, sysctls.source) for name, value in said.value.items()), said.source)


def _update(config: ApiObject) -> Field[UpdatePolicy]:
    """`FailureAction` is `pause` and `Order` `stop-first` where the spec is silent."""
    if not isinstance(config.data, dict):
        return Unset(config.source)
    monitor = config.number("Monitor")
    return Set(
        UpdatePolicy(
            order=config.word("Order"),
            parallelism=config.number("Parallelism"),
            on_failure=config.word("FailureAction"),
            monitor=monitor / _NANO if monitor else None,
        ),
        config.source,
    )


def _restart(policy: ApiObject) -> Field[Restart]:
    """The orchestrator starts a new task by `Condition`: `any` (the default), `on-failure`, `none`."""
    names = {"none": "no", "on-failure": "on-failure"}
    return Set(Restart(names.get(policy.word("Condition"), "always"), policy.number("MaxAttempts")), policy.source)


def _secrets(run: ApiObject) -> Field[tuple[str, ...]]:
    return Set(tuple(secret.word("SecretName") for secret in run.items("Secrets")), run.at("Secrets").source)


_KINDS = {kind.value: kind for kind in MountKind}


def read_limits(task: ApiObject) -> Limits:
    limits = task.at("Resources", "Limits")
    nano = above_zero(limits.integer("NanoCPUs"))
    silent = Unset(limits.source)
    return Limits(
        memory=above_zero(limits.integer("MemoryBytes")),
        memory_swap=silent,
        cpus=Set(nano.value / _NANO, nano.source) if isinstance(nano, Set) else nano,
        pids=above_zero(limits.integer("Pids")),
        ulimits=read_ulimits(task.at("ContainerSpec")),
        oom_kill_disabled=Set(False, limits.source),
        oom_score=task.at("ContainerSpec").integer("OomScoreAdj"),
    )


def read_log_driver(log: ApiObject, context: EngineContext) -> Field[Logging]:
    """Where the service is silent each node's engine decides; this node's is what can be seen."""
    driver = log.text("Name")
    if isinstance(driver, Set) and driver.value:
        return Set(Logging(driver.value, log.words("Options")), log.source)
    if isinstance(driver, Unknown) or not context.log_driver:
        return Unknown("the engine's log driver is unknown", source=log.source)
    return Set(Logging(context.log_driver), Source("GET /info", "LoggingDriver"), Origin.PLATFORM)


def read_mounts(run: ApiObject, context: EngineContext) -> tuple[Mount, ...]:
    return tuple(_mount(item, context) for item in run.items("Mounts"))


def _mount(item: ApiObject, context: EngineContext) -> Mount:
    """Options that the service asks for count on each node that has no such volume yet. Where it asks for none, this
    node's volume tells."""
    kind = _KINDS.get(item.word("Type"), MountKind.VOLUME)
    asked = item.words("VolumeOptions", "DriverConfig", "Options")
    return mount_of(item, kind, asked or options_of(item.word("Source"), context), context)


def read_ports(spec: ApiObject) -> tuple[Port, ...]:
    """A port of a service is open on every address of a node: `ingress` of each, `host` of those that run a task."""
    return tuple(
        Port(item.number("TargetPort"), item.source, item.number("PublishedPort"), "", item.word("Protocol") or "tcp")
        for item in spec.items("EndpointSpec", "Ports")
    )


def read_seccomp(privileges: ApiObject, context: EngineContext) -> Field[Profile]:
    mode = privileges.text("Seccomp", "Mode")
    if isinstance(mode, Unknown):
        return mode
    if isinstance(mode, Set) and mode.value not in ("", "default"):
        if mode.value == "unconfined":
            return Set(Profile("Unconfined"), mode.source)
        return Set(Profile("Localhost", calls=_calls(privileges)), mode.source)
    if context.features is None:
        return Unknown("whether the engine has seccomp is unknown", source=context.features_source)
    on = "seccomp" in context.features
    return Set(Profile("RuntimeDefault" if on else "Unconfined"), context.features_source, Origin.PLATFORM)


def _calls(privileges: ApiObject) -> Field[CallFilter]:
    """The profile itself, as the API carries bytes: in base64."""
    written, source = privileges.word("Seccomp", "Profile"), privileges.at("Seccomp", "Profile").source
    try:
        text = base64.b64decode(written, validate=True).decode()
    except ValueError as error:
        return Unknown(f"the seccomp profile can't be read: {error}", source=source)
    return read_profile(text, source)


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
