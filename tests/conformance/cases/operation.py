"""What it runs, how it is watched and brought back, and where its logs go."""

from __future__ import annotations

from dockworthy.model.workload import Logging, Restart

from ..case import BAD, GOOD, Case, parameters

_SECONDS = 1_000_000_000

OPERATION = (
    Case(
        "a-variable",
        {"environment": {"A": "b", "C": "d=e"}},
        docker_run="-e A=b --env C=d=e shop",
        marathon="env: {A: b, C: d=e}",
        titus="env: {A: b, C: d=e}",
        marathon_pod="environment: {A: b, C: d=e}",
        request={"Env": ["A=b", "C=d=e"]},
        compose="environment: [A=b, C=d=e]",
        kubernetes="env: [{name: A, value: b}, {name: C, value: d=e}]",
        service={"TaskTemplate": {"ContainerSpec": {"Env": ["A=b", "C=d=e"]}}},
        found={"workload/environment-secrets": GOOD},
    ),
    Case(
        "a-secret-in-a-variable",
        {"environment": {"DB_PASSWORD": "not-so-secret"}},
        docker_run="-eDB_PASSWORD=not-so-secret shop",
        marathon="env: {DB_PASSWORD: not-so-secret}",
        titus="env: {DB_PASSWORD: not-so-secret}",
        marathon_pod="environment: {DB_PASSWORD: not-so-secret}",
        request={"Env": ["DB_PASSWORD=not-so-secret"]},
        compose="environment: {DB_PASSWORD: not-so-secret}",
        kubernetes="env: [{name: DB_PASSWORD, value: not-so-secret}]",
        service={"TaskTemplate": {"ContainerSpec": {"Env": ["DB_PASSWORD=not-so-secret"]}}},
        found={"workload/environment-secrets": BAD},
    ),
    Case(
        "a-command",
        {"command": ("/bin/shop", "serve", "--fast")},
        docker_run="--entrypoint /bin/shop shop serve --fast",
        marathon=parameters("entrypoint=/bin/shop") + "\nargs: [serve, --fast]",
        titus="entryPoint: [/bin/shop]\ncommand: [serve, --fast]",
        marathon_pod="exec: {command: {argv: [/bin/shop, serve, --fast]}}",
        request={"Entrypoint": ["/bin/shop"], "Cmd": ["serve", "--fast"]},
        container={"Path": "/bin/shop", "Args": ["serve", "--fast"]},
        compose="entrypoint: /bin/shop\ncommand: [serve, --fast]",
        kubernetes="command: [/bin/shop]\nargs: [serve, --fast]",
    ),
    Case(
        "an-init-process",
        {"init": True},
        docker_run="--init shop",
        marathon=parameters("init=true"),
        request={"HostConfig": {"Init": True}},
        compose="init: true",
        service={"TaskTemplate": {"ContainerSpec": {"Init": True}}},
    ),
    Case(
        "a-health-check",
        {"health": (("CMD-SHELL", "test -e /ok"), False, 90.0, 0.5, 5.0, 3)},
        docker_run="--health-cmd 'test -e /ok' --health-interval 1m30s --health-timeout 500ms "
        "--health-start-period 5s --health-retries 3 shop",
        request={
            "Healthcheck": {
                "Test": ["CMD-SHELL", "test -e /ok"],
                "Interval": 90 * _SECONDS,
                "Timeout": _SECONDS // 2,
                "StartPeriod": 5 * _SECONDS,
                "Retries": 3,
            }
        },
        compose="healthcheck: {test: test -e /ok, interval: 1m30s, timeout: 500ms, start_period: 5s, retries: 3}",
        service={
            "TaskTemplate": {
                "ContainerSpec": {
                    "Healthcheck": {
                        "Test": ["CMD-SHELL", "test -e /ok"],
                        "Interval": 90 * _SECONDS,
                        "Timeout": _SECONDS // 2,
                        "StartPeriod": 5 * _SECONDS,
                        "Retries": 3,
                    }
                }
            }
        },
        found={"workload/health-check": GOOD},
    ),
    Case(
        "a-health-check-in-whole-seconds",
        {"health": (("CMD-SHELL", "test -e /ok"), False, 90.0, 2.0, 5.0, 3)},
        docker_run="--health-cmd 'test -e /ok' --health-interval 90s --health-timeout 2s "
        "--health-start-period 5s --health-retries 3 shop",
        marathon="healthChecks: [{protocol: COMMAND, command: {value: test -e /ok}, intervalSeconds: 90, "
        "timeoutSeconds: 2, gracePeriodSeconds: 5, maxConsecutiveFailures: 3}]",
        marathon_pod="healthCheck: {exec: {command: {shell: test -e /ok}}, intervalSeconds: 90, timeoutSeconds: 2, "
        "gracePeriodSeconds: 5, maxConsecutiveFailures: 3}",
        request={
            "Healthcheck": {
                "Test": ["CMD-SHELL", "test -e /ok"],
                "Interval": 90 * _SECONDS,
                "Timeout": 2 * _SECONDS,
                "StartPeriod": 5 * _SECONDS,
                "Retries": 3,
            }
        },
        compose="healthcheck: {test: test -e /ok, interval: 90s, timeout: 2s, start_period: 5s, retries: 3}",
        found={"workload/health-check": GOOD},
    ),
    Case(
        "the-images-health-check-switched-off",
        {"health": (("NONE",), True, None, None, None, None)},
        docker_run="--no-healthcheck shop",
        request={"Healthcheck": {"Test": ["NONE"]}},
        compose="healthcheck: {test: [NONE]}",
        service={"TaskTemplate": {"ContainerSpec": {"Healthcheck": {"Test": ["NONE"]}}}},
        found={"workload/health-check": BAD},
    ),
    Case(
        "brought-back-always",
        {"restart": Restart("always")},
        docker_run="--restart always shop",
        request={"HostConfig": {"RestartPolicy": {"Name": "always"}}},
        compose="restart: always",
        service={"TaskTemplate": {"RestartPolicy": {"Condition": "any"}}},
        found={"workload/restart-policy": GOOD},
    ),
    Case(
        "brought-back-five-times",
        {"restart": Restart("on-failure", 5)},
        docker_run="--restart=on-failure:5 shop",
        request={"HostConfig": {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 5}}},
        compose="restart: on-failure:5",
        service={"TaskTemplate": {"RestartPolicy": {"Condition": "on-failure", "MaxAttempts": 5}}},
        found={"workload/restart-policy": GOOD},
    ),
    Case(
        "logs-that-grow-without-end",
        {"logging": Logging("json-file")},
        docker_run="--log-driver json-file shop",
        marathon=parameters("log-driver=json-file"),
        request={"HostConfig": {"LogConfig": {"Type": "json-file"}}},
        compose="logging: {driver: json-file}",
        service={"TaskTemplate": {"LogDriver": {"Name": "json-file"}}},
        found={"workload/log-rotation": BAD},
    ),
    Case(
        "logs-that-are-rotated",
        {"logging": Logging("json-file", {"max-size": "10m", "max-file": "3"})},
        docker_run="--log-driver=json-file --log-opt max-size=10m --log-opt max-file=3 shop",
        marathon=parameters("log-driver=json-file", "log-opt=max-size=10m", "log-opt=max-file=3"),
        request={"HostConfig": {"LogConfig": {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "3"}}}},
        compose="logging: {driver: json-file, options: {max-size: 10m, max-file: '3'}}",
        service={"TaskTemplate": {"LogDriver": {"Name": "json-file", "Options": {"max-size": "10m", "max-file": "3"}}}},
        found={"workload/log-rotation": GOOD},
    ),
    Case(
        "labels",
        {"labels": {"tier": "web", "empty": ""}},
        docker_run="--label tier=web -l empty shop",
        marathon="labels: {tier: web, empty: ''}",
        request={"Labels": {"tier": "web", "empty": ""}},
        compose="labels: {tier: web, empty: ''}",
    ),
)
