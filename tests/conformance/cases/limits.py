"""Memory, processors, processes."""

from __future__ import annotations

from ..case import BAD, GOOD, Case, parameters

_MEMORY = 256 * 1024 * 1024

LIMITS = (
    Case(
        "memory",
        {"memory": _MEMORY},
        docker_run="--memory 256m shop",
        marathon="mem: 256",
        titus="resources: {memoryMB: 256}",
        marathon_pod="resources: {mem: 256}",
        request={"HostConfig": {"Memory": _MEMORY}},
        compose="mem_limit: 256m",
        kubernetes="resources: {limits: {memory: 256Mi}}",
        service={"TaskTemplate": {"Resources": {"Limits": {"MemoryBytes": _MEMORY}}}},
        found={"workload/memory-limit": GOOD},
    ),
    Case(
        "memory-without-swap",
        {"memory": _MEMORY, "memory_swap": _MEMORY},
        docker_run="-m 256MiB --memory-swap 268435456 shop",
        marathon="mem: 256\n" + parameters("memory-swap=268435456"),
        request={"HostConfig": {"Memory": _MEMORY, "MemorySwap": _MEMORY}},
        compose="mem_limit: 256m\nmemswap_limit: 268435456",
        found={"workload/swap-limit": GOOD, "workload/memory-limit": GOOD},
    ),
    Case(
        "memory-with-swap-without-end",
        {"memory": _MEMORY, "memory_swap": -1},
        docker_run="-m256m --memory-swap=-1 shop",
        marathon="mem: 256\n" + parameters("memory-swap=-1"),
        request={"HostConfig": {"Memory": _MEMORY, "MemorySwap": -1}},
        compose="mem_limit: 256m\nmemswap_limit: -1",
        found={"workload/swap-limit": BAD},
    ),
    Case(
        "memory-in-the-deploy-section",
        {"memory": _MEMORY, "cpus": 0.5},
        docker_run="--memory=0.25g --cpus=.5 shop",
        marathon="mem: 256\ncpus: 0.5",
        titus="resources: {memoryMB: 256, cpu: 0.5}",
        marathon_pod="resources: {mem: 256, cpus: 0.5}",
        request={"HostConfig": {"Memory": _MEMORY, "NanoCpus": 500_000_000}},
        compose="deploy: {resources: {limits: {memory: 256M, cpus: '0.5'}}}",
        kubernetes="resources: {limits: {memory: '268435456', cpu: 500m}}",
        service={"TaskTemplate": {"Resources": {"Limits": {"MemoryBytes": _MEMORY, "NanoCPUs": 500_000_000}}}},
        found={"workload/memory-limit": GOOD, "workload/cpu-limit": GOOD},
    ),
    Case(
        "processors",
        {"cpus": 1.5},
        docker_run="--cpus 1.5 shop",
        marathon="resourceLimits: {cpus: 1.5}\ncpus: 0.1",
        titus="resources: {cpu: 1.5}",
        marathon_pod="resources: {cpus: 1.5}",
        request={"HostConfig": {"NanoCpus": 1_500_000_000}},
        compose="cpus: 1.5",
        kubernetes="resources: {limits: {cpu: 1.5}}",
        service={"TaskTemplate": {"Resources": {"Limits": {"NanoCPUs": 1_500_000_000}}}},
        found={"workload/cpu-limit": GOOD},
    ),
    Case(
        "processors-by-quota",
        {"cpus": 2.0},
        docker_run="--cpu-quota 50000 --cpu-period 25000 shop",
        request={"HostConfig": {"CpuQuota": 50_000, "CpuPeriod": 25_000}},
        compose="cpu_quota: 50000\ncpu_period: 25000",
        found={"workload/cpu-limit": GOOD},
    ),
    Case(
        "processes",
        {"pids": 100},
        docker_run="--pids-limit 100 shop",
        marathon=parameters("pids-limit=100"),
        request={"HostConfig": {"PidsLimit": 100}},
        compose="pids_limit: 100",
        service={"TaskTemplate": {"Resources": {"Limits": {"Pids": 100}}}},
        found={"workload/pids-limit": GOOD},
    ),
    Case(
        "open-files",
        {"ulimits": {"nofile": (1024, 2048), "nproc": (100, 100)}},
        docker_run="--ulimit nofile=1024:2048 --ulimit nproc=100 shop",
        marathon=parameters("ulimit=nofile=1024:2048", "ulimit=nproc=100"),
        request={
            "HostConfig": {
                "Ulimits": [{"Name": "nofile", "Soft": 1024, "Hard": 2048}, {"Name": "nproc", "Soft": 100, "Hard": 100}]
            }
        },
        compose="ulimits: {nofile: {soft: 1024, hard: 2048}, nproc: 100}",
    ),
    Case(
        "not-to-be-killed-for-memory",
        {"oom_kill_disabled": True},
        docker_run="--oom-kill-disable shop",
        marathon=parameters("oom-kill-disable=true"),
        request={"HostConfig": {"OomKillDisable": True}},
        compose="oom_kill_disable: true",
        found={"workload/oom-kill-disabled": BAD},
    ),
    Case(
        "spared-when-memory-runs-out",
        {"oom_score": -500},
        docker_run="--oom-score-adj=-500 shop",
        marathon=parameters("oom-score-adj=-500"),
        request={"HostConfig": {"OomScoreAdj": -500}},
        compose="oom_score_adj: -500",
        service={"TaskTemplate": {"ContainerSpec": {"OomScoreAdj": -500}}},
        found={"workload/oom-score": BAD},
    ),
)
