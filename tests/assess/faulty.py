"""Containers with one fault each: what is written in place of a tight part, and the control that must find it."""

from __future__ import annotations

from dataclasses import dataclass

from spec import Parts


@dataclass(frozen=True)
class Faulty:
    """`needs` names what the engine must have for the fault to exist (`cgroup v1`); `{socket}` is the engine's own."""

    name: str
    parts: Parts
    control: str
    needs: str = ""


FAULTY = (
    Faulty("privileged", {"more": ("--privileged",)}, "workload/privileged"),
    Faulty("host-network", {"more": ("--network", "host")}, "workload/host-namespaces"),
    Faulty("host-pid", {"more": ("--pid", "host")}, "workload/host-namespaces"),
    Faulty("host-ipc", {"ipc": ("--ipc", "host")}, "workload/host-namespaces"),
    Faulty("host-uts", {"more": ("--uts", "host")}, "workload/uts-namespace"),
    Faulty("host-cgroups", {"cgroup": ("--cgroupns", "host")}, "workload/cgroup-namespace", needs="cgroup v2"),
    Faulty("socket", {"more": ("-v", "{socket}:/var/run/docker.sock")}, "workload/engine-socket"),
    Faulty("socket-read-only", {"more": ("-v", "{socket}:/s:ro")}, "workload/engine-socket"),
    Faulty("socket-folder", {"more": ("-v", "{folder}:/x")}, "workload/engine-socket"),
    Faulty("socket-by-link", {"more": ("-v", "{link}:/x")}, "workload/engine-socket"),
    Faulty("run-folder", {"more": ("-v", "/run:/x")}, "workload/engine-socket"),
    Faulty("whole-host", {"more": ("-v", "/:/host:ro")}, "workload/engine-socket"),
    Faulty("etc", {"more": ("-v", "/etc:/x")}, "workload/host-mounts"),
    Faulty("engine-data", {"more": ("-v", "{folder}/data:/x:ro")}, "workload/host-mounts"),
    Faulty("bound-volume", {"more": ("--mount", "{etc-volume}")}, "workload/host-mounts"),
    Faulty("sys-admin", {"more": ("--cap-add", "SYS_ADMIN")}, "workload/capabilities-dropped"),
    Faulty("all-capabilities", {"capabilities": ("--cap-add", "ALL")}, "workload/capabilities-dropped"),
    Faulty("default-capabilities", {"capabilities": ()}, "workload/capabilities-dropped"),
    Faulty("no-seccomp", {"more": ("--security-opt", "seccomp=unconfined")}, "workload/seccomp-set"),
    Faulty("unmasked", {"more": ("--security-opt", "systempaths=unconfined")}, "workload/proc-mount"),
    Faulty("no-apparmor", {"more": ("--security-opt", "apparmor=unconfined")}, "workload/apparmor", needs="apparmor"),
    Faulty("kernel-log", {"more": ("--device", "/dev/kmsg")}, "workload/host-devices"),
    Faulty("all-devices", {"more": ("--device-cgroup-rule", "a *:* rwm")}, "workload/device-rules"),
    Faulty("shared-mount", {"more": ("-v", "{plain}:/x:shared")}, "workload/mount-propagation", needs="shared mounts"),
    Faulty("root", {"user": ()}, "workload/run-as-non-root"),
    Faulty("root-by-number", {"user": ("-u", "0:0")}, "workload/run-as-non-root"),
    Faulty("root-by-name", {"user": ("-u", "root")}, "workload/run-as-non-root"),
    Faulty("escalation", {"escalation": ()}, "workload/privilege-escalation"),
    Faulty("writable-root", {"root": ()}, "workload/writable-root"),
    Faulty("no-memory-limit", {"memory": ()}, "workload/memory-limit"),
    Faulty("no-pids-limit", {"pids": ()}, "workload/pids-limit"),
    Faulty("endless-pids", {"pids": ("--pids-limit", "-1")}, "workload/pids-limit"),
    Faulty("no-oom-kill", {"more": ("--oom-kill-disable",)}, "workload/oom-kill-disabled", needs="cgroup v1"),
    Faulty("spared", {"more": ("--oom-score-adj", "-500")}, "workload/oom-score", needs="right to spare a process"),
    Faulty("no-cpu-limit", {"cpu": ()}, "workload/cpu-limit"),
    Faulty("no-health-check", {"health": ()}, "workload/health-check"),
    Faulty("never-restarted", {"restart": ()}, "workload/restart-policy"),
    Faulty("open-port", {"more": ("-p", "0.0.0.0::80")}, "workload/published-ports"),
    Faulty("endless-logs", {"logs": ("--log-driver", "json-file")}, "workload/log-rotation"),
    Faulty("password", {"more": ("-e", "DB_PASSWORD=correct-horse-battery")}, "workload/environment-secrets"),
    Faulty("movable-tag", {}, "workload/pinned-image"),
    Faulty("endless-ulimit", {"more": ("--ulimit", "core=-1:-1")}, "workload/ulimits", needs="right to dump cores"),
    Faulty("other-cgroup", {"more": ("--cgroup-parent", "{cgroup}")}, "workload/cgroup-parent"),
)
