"""Tools that do a task which production needs, and how they are told: by the program that runs, an image's name only
where no program can be seen."""

from __future__ import annotations

import datetime
from typing import Final

from msgspec import Struct

from ..evidence import ToolTask

WHAT = "programs and images of common tools"
KNOWN_ON = datetime.date(2026, 11, 24)
SOURCES = ("each tool's own documentation and packages",)


class Tool(Struct, frozen=True):
    """`programs` tell it alone; `common` names tell it only together with one of its `images` (the name's last part,
    or its last two where one alone would tell too little).

    `port` is where it answers, 0 where it does not.
    """

    name: str
    does: tuple[ToolTask, ...]
    programs: frozenset[str]
    images: frozenset[str]
    common: frozenset[str] = frozenset()
    port: int = 0


def _tool(name: str, does: str, programs: str, images: str = "", common: str = "", port: int = 0) -> Tool:
    return Tool(
        name,
        tuple(ToolTask(task) for task in does.split()),
        frozenset(programs.split()),
        frozenset(images.split()),
        frozenset(common.split()),
        port,
    )


TOOLS: Final[tuple[Tool, ...]] = (
    _tool("node exporter", "metrics", "node_exporter prometheus-node-exporter", "node-exporter", port=9100),
    _tool("cAdvisor", "metrics", "cadvisor", "cadvisor", port=8080),
    _tool("Prometheus", "metrics", "prometheus", "prometheus", port=9090),
    _tool("Alertmanager", "alerts", "alertmanager prometheus-alertmanager", "alertmanager", port=9093),
    _tool("Netdata", "metrics alerts", "netdata", "netdata", port=19999),
    _tool("Zabbix agent", "metrics", "zabbix_agentd zabbix_agent2", "zabbix-agent zabbix-agent2"),
    _tool("Telegraf", "metrics", "telegraf", "telegraf"),
    _tool("Datadog agent", "metrics logs", "datadog-agent", "datadog/agent datadog-agent", "agent"),
    _tool("Grafana Alloy", "metrics logs", "alloy grafana-agent", "alloy"),
    _tool("OpenTelemetry Collector", "metrics logs", "otelcol otelcol-contrib", "opentelemetry-collector"),
    _tool("VictoriaMetrics", "metrics", "vmagent vmagent-prod victoria-metrics victoria-metrics-prod", "vmagent"),
    _tool("collectd", "metrics", "collectd", "collectd"),
    _tool("Beszel", "metrics", "beszel-agent", "beszel-agent", "agent"),
    _tool("offen/docker-volume-backup", "backup", "", "docker-volume-backup", "backup"),
    _tool("restic", "backup", "restic resticprofile autorestic", "restic resticker restic-backup"),
    _tool("borg", "backup", "borg borgmatic", "borgmatic borg-backup"),
    _tool("pgBackRest", "backup", "pgbackrest", "pgbackrest"),
    _tool("Barman", "backup", "barman", "barman"),
    _tool("Kopia", "backup", "kopia", "kopia"),
    _tool("Duplicati", "backup", "Duplicati.Server duplicati-server", "duplicati"),
    _tool("postgres-backup-local", "dump", "", "postgres-backup-local", "go-cron"),
    _tool("mysql-backup", "dump", "", "mysql-backup mysql-backup-s3", "entrypoint mysql-backup crond go-cron"),
    _tool("db-backup", "dump", "", "db-backup docker-db-backup", "crond go-cron s6-svscan"),
    _tool("Watchtower", "update", "watchtower", "watchtower"),
    _tool("Ouroboros", "update", "ouroboros", "ouroboros"),
    _tool("Diun", "notify", "diun", "diun"),
    _tool("What's up Docker", "notify", "", "wud whats-up-docker", "node"),
    _tool("GitLab runner", "pipeline", "gitlab-runner", "gitlab-runner"),
    _tool("GitHub Actions runner", "pipeline", "Runner.Listener", "actions-runner github-runner"),
    _tool("Forgejo or Gitea runner", "pipeline", "act_runner forgejo-runner", "act_runner forgejo/runner", "runner"),
    _tool("Woodpecker agent", "pipeline", "woodpecker-agent", "woodpecker-agent"),
    _tool("Drone runner", "pipeline", "drone-runner-docker drone-runner-exec", "drone-runner-docker"),
    _tool("Buildkite agent", "pipeline", "buildkite-agent", "buildkite-agent"),
    _tool("Portainer", "deploy", "portainer", "portainer portainer-ce portainer-ee"),
    _tool("Portainer agent", "deploy", "", "portainer/agent", "agent"),
    _tool("Komodo", "deploy", "periphery", "komodo-periphery periphery"),
    _tool("Dockge", "deploy", "dockge", "dockge", "node tsx"),
    _tool("Traefik", "edge", "traefik", "traefik"),
    _tool("Caddy", "edge", "caddy", "caddy caddy-docker-proxy"),
    _tool("nginx", "edge", "nginx openresty angie", "nginx nginx-proxy nginx-proxy-manager openresty"),
    _tool("HAProxy", "edge", "haproxy", "haproxy"),
    _tool("Envoy", "edge", "envoy", "envoy"),
    _tool("Apache", "edge", "apache2 httpd", "httpd"),
    _tool("Vector", "logs", "vector", "vector"),
    _tool("Fluent Bit", "logs", "fluent-bit", "fluent-bit"),
    _tool("Fluentd", "logs", "fluentd td-agent", "fluentd", "ruby"),
    _tool("Promtail", "logs", "promtail", "promtail"),
    _tool("Filebeat", "logs", "filebeat elastic-agent", "filebeat elastic-agent"),
    _tool("Logstash", "logs", "logstash", "logstash", "java"),
    _tool("Logspout", "logs", "logspout", "logspout"),
    _tool("Salt", "setup", "salt-minion", ""),
    _tool("Puppet", "setup", "puppet puppet-agent", ""),
    _tool("Chef", "setup", "chef-client cinc-client", ""),
)

_BY_PROGRAM: Final[dict[str, Tool]] = {program: tool for tool in TOOLS for program in tool.programs}


def tool_of_program(program: str) -> Tool | None:
    """The tool that a program's name tells by itself."""
    return _BY_PROGRAM.get(program)


def tool_of_container(image: str, programs: frozenset[str] | None) -> tuple[Tool, str] | None:
    """The tool and how it was told: `runs PROGRAM`, or `image NAME` where its programs can't be seen (None).

    An image that is called after a tool and runs something else is not that tool.
    """
    for program in sorted(programs or ()):
        if (tool := tool_of_program(program)) is not None:
            return tool, f"runs {program}"
    names = _last_parts(image)
    for tool in TOOLS:
        if not names & tool.images:
            continue
        if programs is None:
            return tool, f"image {image}"
        if common := sorted(programs & tool.common):
            return tool, f"runs {common[0]}, image {image}"
    return None


def _last_parts(image: str) -> set[str]:
    """`agent` and `datadog/agent` of `gcr.io/datadog/agent:7@sha256:…`."""
    *folders, last = image.rsplit("@", 1)[0].split("/")
    name = last.split(":", 1)[0]
    return {name, f"{folders[-1]}/{name}"} if folders else {name}
