"""What the standards refuse and what they let pass: one change to a tight pod, and the versions that mind it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from dockworthy.model.dialect import NEWEST_POD_SECURITY_STANDARDS

from .pod_changes import Change, annotation, both, container, context, pod_context, spec, sysctl, volume, without

NEWEST = NEWEST_POD_SECURITY_STANDARDS.minor
ALWAYS = range(NEWEST + 1)
NEVER = range(0)


def since(minor: int) -> range:
    return range(minor, NEWEST + 1)


def before(minor: int) -> range:
    return range(minor)


class Case(NamedTuple):
    """What is changed of the tight pod, and at which minor versions the standards refuse it at each level."""

    says: str
    change: Change
    control: str
    baseline: Iterable[int]
    restricted: Iterable[int]


SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
WINDOWS = spec(os={"name": "windows"})


CASES = [
    Case("nothing", spec(), "", NEVER, NEVER),
    # host namespaces
    *(
        Case(f"{key}: {value}", spec(**{key: value}), "host-namespaces", fails, fails)
        for key in ("hostNetwork", "hostPID", "hostIPC")
        for value, fails in ((True, ALWAYS), (False, NEVER))
    ),
    # privileged, in every role (a privileged container may not forbid escalation)
    *(
        Case(f"privileged {role}", context(role, privileged=True), "privileged", ALWAYS, ALWAYS)
        for role in ("containers", "initContainers", "ephemeralContainers")
    ),
    Case("privileged: false", context(privileged=False), "privileged", NEVER, NEVER),
    # capabilities
    Case("adds NET_RAW", context(capabilities={"drop": ["ALL"], "add": ["NET_RAW"]}), "capabilities", ALWAYS, ALWAYS),
    Case("adds chown", context(capabilities={"drop": ["ALL"], "add": ["chown"]}), "capabilities", ALWAYS, ALWAYS),
    Case("adds CAP_KILL", context(capabilities={"drop": ["ALL"], "add": ["CAP_KILL"]}), "capabilities", ALWAYS, ALWAYS),
    Case("adds CHOWN", context(capabilities={"drop": ["ALL"], "add": ["CHOWN"]}), "capabilities", NEVER, since(22)),
    Case(
        "adds NET_BIND_SERVICE",
        context(capabilities={"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}),
        "capabilities",
        NEVER,
        NEVER,
    ),
    Case("drops all", context(capabilities={"drop": ["all"]}), "capabilities", NEVER, since(22)),
    Case(
        "drops nothing", without("containers", 0, "securityContext", "capabilities"), "capabilities", NEVER, since(22)
    ),
    Case(
        "Windows drops nothing",
        both(WINDOWS, without("containers", 0, "securityContext", "capabilities")),
        "capabilities",
        NEVER,
        range(22, 25),
    ),
    # volumes
    Case(
        "hostPath", spec(volumes=[{"name": "v", "hostPath": {"path": "/a"}}]), "host-path volume-types", ALWAYS, ALWAYS
    ),
    Case("hostPath: null", spec(volumes=[{"name": "v", "hostPath": None}]), "volume-types", NEVER, NEVER),
    *(
        Case(f"volume {kind}", volume(kind), "volume-types", NEVER, ALWAYS)
        for kind in (
            "awsElasticBlockStore azureDisk azureFile cephfs cinder fc flexVolume flocker gcePersistentDisk gitRepo "
            "glusterfs iscsi nfs photonPersistentDisk portworxVolume quobyte rbd scaleIO storageos vsphereVolume"
        ).split()
    ),
    *(
        Case(f"volume {kind}", volume(kind), "volume-types", NEVER, NEVER)
        for kind in (
            "configMap csi downwardAPI emptyDir ephemeral image persistentVolumeClaim projected secret"
        ).split()
    ),
    # host ports
    Case("hostPort", container(ports=[{"containerPort": 80, "hostPort": 80}]), "host-ports", ALWAYS, ALWAYS),
    Case("hostPort 0", container(ports=[{"containerPort": 80, "hostPort": 0}]), "host-ports", NEVER, NEVER),
    Case(
        "hostPort of an init container",
        container("initContainers", ports=[{"containerPort": 80, "hostPort": 81}]),
        "host-ports",
        ALWAYS,
        ALWAYS,
    ),
    # probes and hooks
    *(
        Case(
            f"{kind}.{handler}.host",
            container(**{kind: {handler: {"port": 80, "host": "elsewhere"}}}),
            "host-probes",
            since(34),
            since(34),
        )
        for kind in ("livenessProbe", "readinessProbe", "startupProbe")
        for handler in ("httpGet", "tcpSocket")
    ),
    *(
        Case(
            f"{hook}.{handler}.host",
            container(lifecycle={hook: {handler: {"port": 80, "host": "127.0.0.1"}}}),
            "host-probes",
            since(34),
            since(34),
        )
        for hook in ("postStart", "preStop")
        for handler in ("httpGet", "tcpSocket")
    ),
    Case("a probe's host is empty", container(livenessProbe={"httpGet": {"port": 1, "host": ""}}), "", NEVER, NEVER),
    # AppArmor
    Case("apparmor Unconfined", pod_context(appArmorProfile={"type": "Unconfined"}), "apparmor", ALWAYS, ALWAYS),
    Case("apparmor Unconfined", context(appArmorProfile={"type": "Unconfined"}), "apparmor", ALWAYS, ALWAYS),
    Case("apparmor Localhost", context(appArmorProfile={"type": "Localhost"}), "apparmor", NEVER, NEVER),
    Case("apparmor annotation", annotation(APPARMOR + "a", "unconfined"), "apparmor", ALWAYS, ALWAYS),
    Case("apparmor annotation of nobody", annotation(APPARMOR + "x", "unconfined"), "apparmor", ALWAYS, ALWAYS),
    Case("apparmor localhost/", annotation(APPARMOR + "a", "localhost/own"), "apparmor", NEVER, NEVER),
    Case("apparmor runtime/default", annotation(APPARMOR + "a", "runtime/default"), "apparmor", NEVER, NEVER),
    # SELinux
    Case("selinux type", pod_context(seLinuxOptions={"type": "spc_t"}), "selinux", ALWAYS, ALWAYS),
    Case("selinux container_t", context(seLinuxOptions={"type": "container_t"}), "selinux", NEVER, NEVER),
    Case("selinux engine", context(seLinuxOptions={"type": "container_engine_t"}), "selinux", before(31), before(31)),
    Case("selinux user", context(seLinuxOptions={"user": "u"}), "selinux", ALWAYS, ALWAYS),
    Case("selinux role", pod_context(seLinuxOptions={"role": "r"}), "selinux", ALWAYS, ALWAYS),
    Case("selinux level", pod_context(seLinuxOptions={"level": "s0:c1,c2"}), "selinux", NEVER, NEVER),
    # masks over /proc
    Case("procMount", context(procMount="Unmasked"), "proc-mount", ALWAYS, ALWAYS),
    Case("procMount Default", context(procMount="Default"), "proc-mount", NEVER, NEVER),
    Case(
        "procMount in a user namespace",
        both(spec(hostUsers=False), context(procMount="Unmasked")),
        "proc-mount",
        before(35),
        ALWAYS,
    ),
    Case(
        "procMount, hostUsers: true",
        both(spec(hostUsers=True), context(procMount="Unmasked")),
        "proc-mount",
        ALWAYS,
        ALWAYS,
    ),
    # seccomp
    Case("seccomp Unconfined", pod_context(seccompProfile={"type": "Unconfined"}), "seccomp", since(19), since(19)),
    Case(
        "seccomp Unconfined in one container",
        context(seccompProfile={"type": "Unconfined"}),
        "seccomp",
        since(19),
        since(19),
    ),
    Case("seccomp Localhost", pod_context(seccompProfile={"type": "Localhost"}), "seccomp", NEVER, NEVER),
    Case("no seccomp", without("securityContext", "seccompProfile"), "seccomp", NEVER, since(19)),
    Case(
        "no seccomp on Windows",
        both(WINDOWS, without("securityContext", "seccompProfile")),
        "seccomp",
        NEVER,
        range(19, 25),
    ),
    Case("seccomp annotation", annotation(SECCOMP_POD, "unconfined"), "seccomp", before(19), before(19)),
    Case("seccomp annotation", annotation(SECCOMP_CONTAINER + "i", "unconfined"), "seccomp", before(19), before(19)),
    Case("seccomp annotation of nobody", annotation(SECCOMP_CONTAINER + "x", "unconfined"), "seccomp", NEVER, NEVER),
    Case("seccomp docker/default", annotation(SECCOMP_POD, "docker/default"), "seccomp", NEVER, NEVER),
    # sysctls
    Case("kernel.msgmax", sysctl("kernel.msgmax"), "sysctls", ALWAYS, ALWAYS),
    Case("ip_unprivileged_port_start", sysctl("net.ipv4.ip_unprivileged_port_start"), "sysctls", NEVER, NEVER),
    Case("ip_local_reserved_ports", sysctl("net.ipv4.ip_local_reserved_ports"), "sysctls", before(27), before(27)),
    Case("tcp_fin_timeout", sysctl("net.ipv4.tcp_fin_timeout"), "sysctls", before(29), before(29)),
    Case("tcp_wmem", sysctl("net.ipv4.tcp_wmem"), "sysctls", before(32), before(32)),
    Case("tcp_notsent_lowat", sysctl("net.ipv4.tcp_notsent_lowat"), "sysctls", before(37), before(37)),
    # Windows host processes
    Case("hostProcess", pod_context(windowsOptions={"hostProcess": True}), "windows-host-process", ALWAYS, ALWAYS),
    Case("hostProcess", context(windowsOptions={"hostProcess": True}), "windows-host-process", ALWAYS, ALWAYS),
    Case("hostProcess: false", context(windowsOptions={"hostProcess": False}), "windows-host-process", NEVER, NEVER),
    # privilege escalation
    Case(
        "escalation unset",
        without("initContainers", 0, "securityContext", "allowPrivilegeEscalation"),
        "privilege-escalation",
        NEVER,
        since(8),
    ),
    Case(
        "escalation allowed",
        context("ephemeralContainers", allowPrivilegeEscalation=True),
        "privilege-escalation",
        NEVER,
        since(8),
    ),
    Case(
        "escalation unset on Windows",
        both(WINDOWS, without("containers", 0, "securityContext", "allowPrivilegeEscalation")),
        "privilege-escalation",
        NEVER,
        range(8, 25),
    ),
    # root
    Case("runAsNonRoot unset", without("securityContext", "runAsNonRoot"), "run-as-non-root", NEVER, ALWAYS),
    Case(
        "runAsNonRoot in some containers",
        both(without("securityContext", "runAsNonRoot"), context(runAsNonRoot=True)),
        "run-as-non-root",
        NEVER,
        ALWAYS,
    ),
    Case("runAsNonRoot: false in one", context(runAsNonRoot=False), "run-as-non-root", NEVER, ALWAYS),
    Case(
        "runAsNonRoot: false, all containers say true",
        both(
            pod_context(runAsNonRoot=False),
            *(context(role, runAsNonRoot=True) for role in ("containers", "initContainers", "ephemeralContainers")),
        ),
        "run-as-non-root",
        NEVER,
        ALWAYS,
    ),
    Case(
        "runAsNonRoot unset in a user namespace",
        both(spec(hostUsers=False), without("securityContext", "runAsNonRoot")),
        "run-as-non-root",
        NEVER,
        before(35),
    ),
    Case("runAsUser 0", pod_context(runAsUser=0), "root-uid", NEVER, since(23)),
    Case("runAsUser 0", context("initContainers", runAsUser=0), "root-uid", NEVER, since(23)),
    Case("runAsUser 1000", pod_context(runAsUser=1000), "root-uid", NEVER, NEVER),
    Case(
        "runAsUser 0 in a user namespace",
        both(spec(hostUsers=False), pod_context(runAsUser=0)),
        "root-uid",
        NEVER,
        range(23, 35),
    ),
]
