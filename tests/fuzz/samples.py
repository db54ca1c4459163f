"""Valid documents that say as much as there is to say; nothing of them is anyone's."""

from __future__ import annotations

EVERY_KEY = """\
name: shop
x-all: &all {restart: unless-stopped}
services:
  web:
    <<: *all
    image: shop:${TAG:-1}
    platform: linux/amd64
    annotations: {a: b}
    blkio_config: {weight: 300}
    cap_add: [NET_ADMIN]
    cgroup: private
    cgroup_parent: m
    command: ["serve"]
    configs: [{source: app, target: /app, mode: 0440}]
    cpus: "0.5"
    cpu_quota: 50ms
    cpu_period: 100ms
    credential_spec: {file: c.json}
    depends_on: {db: {condition: service_healthy}}
    deploy:
      mode: replicated
      replicas: 2
      resources: {limits: {cpus: "0.5", memory: 64m, pids: 9}, reservations: {devices: [{capabilities: [gpu]}]}}
      restart_policy: {condition: on-failure, max_attempts: 3}
      update_config: {order: start-first, parallelism: 1, failure_action: rollback, monitor: 5s}
    device_cgroup_rules: ["c 1:3 mr"]
    devices: [/dev/a:/dev/b:r, {source: /dev/c, target: /dev/d, permissions: rw}]
    entrypoint: run it
    env_file: [{path: none.env, required: false, format: raw}]
    environment: {A: 1, B: null}
    expose: ["80-81/udp"]
    extra_hosts: [a=1.2.3.4]
    gpus: all
    healthcheck: {test: [CMD, x], interval: 1m30s, retries: 3, start_period: 5s, disable: false}
    init: true
    ipc: shareable
    label_file: none.label
    labels: [a=b]
    links: [db]
    logging: {driver: json-file, options: {max-size: 1m}}
    mem_limit: 64m
    memswap_limit: -1
    networks: {default: {priority: 5, aliases: [a]}, back: null}
    oom_kill_disable: false
    pid: service:db
    pids_limit: 5
    ports: ["127.0.0.1:80-81:80-81/tcp", {target: 82, published: "82", host_ip: "::1", protocol: udp}]
    post_start: [{command: x, user: root, privileged: true}]
    pre_start: [{command: [x], image: busy, environment: [Z=1], privileged: false}]
    privileged: false
    read_only: true
    scale: 2
    secrets: [key, {source: other, target: o}]
    security_opt: ["no-new-privileges:true", "label:type:x", "seccomp=p.json", apparmor=unconfined]
    sysctls: {net.core.somaxconn: 1024}
    tmpfs: ["/tmp:ro,size=5m"]
    ulimits: {nofile: {soft: 1, hard: 2}, nproc: 5}
    use_api_socket: true
    user: "1000:1000"
    userns_mode: host
    uts: host
    volumes: ["data:/data:ro", ./a:/b:rw,rslave, {type: bind, source: /, target: /r, bind: {propagation: shared}}]
    volumes_from: ["db:ro", "container:x"]
  db: {extends: {service: web}, build: {context: ., args: {A: 1}}, ports: !reset [], profiles: [x]}
networks: {back: {internal: true, name: b}, out: {external: true}}
volumes: {data: {driver: local, driver_opts: {type: none, o: bind, device: /etc}}}
secrets: {key: {file: ./key}, other: {environment: K}}
configs: {app: {content: "a=${A}"}}
"""

DOCKERFILE = """\
# syntax=docker/dockerfile:1
ARG BASE=debian:12
FROM ${BASE} AS build
SHELL ["/bin/bash", "-c"]
RUN --mount=type=secret,id=a apt-get update && apt-get install -y curl=1 \\
    && rm -rf /var/lib/apt/lists/*
RUN <<EOF
echo $A | sh
EOF
ADD https://example.com/a.tar /a
FROM build
ENV A=1 B="two three"
LABEL a=b
COPY --from=build --chown=1:1 ["a b", "/c"]
COPY <<-X /x
	text
	X
EXPOSE 80/tcp 443
VOLUME ["/data"]
USER 1000:1000
HEALTHCHECK --interval=5s CMD ["x"]
ONBUILD RUN x
STOPSIGNAL SIGTERM
ENTRYPOINT ["a"]
CMD b c
"""

PROJECT_FILE = """\
intent:
  {data: precious, code: own, exposure: internet, availability: zero-downtime, team: {operators: 2, on_call: true}}
policy:
  level: restricted
  levels: {metrics: baseline}
  exceptions:
    - {control: workload/writable-root, subject: db, reason: sockets, owner: ops@example.com, expires: 2027-03-01}
  rules:
    - {id: custom/own, severity: high, when: "!container.image.startsWith('r')", says: ours}
evidence: [{demand: 1.backup, what: restored, says: ann, proven: 2026-11-01, until: 2027-03-01}]
hosts: {shop: "ssh://root@shop"}
harden: {published: {443/tcp: internet, 8000-8010/udp: [10.0.0.0/8]}}
guard:
  {binds: [/srv], images: [registry.example.com/shop/*], roles: [{who: "group:ops", role: viewer, projects: [shop]}]}
deploy:
  edge: {tls: files, certificates: {"*.example": {certificate: a.pem, key: a.key}}, acme: {email: a@example.com}}
  routes:
    - {host: a.example, service: web, port: 80, path: /a, strip_path: true, rate: 1/10s, redirect_from: [b.example]}
    - {host: "*.example", service: web, port: 81, headers: {X-Frame: DENY}}
  objectives: {failed_requests: 1, p95: 500ms}
  jobs: {before: [migrate], irreversible: true}
  environments: {test: {project: shop-test, routes: [{host: t.example, service: web, port: 80}], observe: 1m30s}}
"""

DOTENV = "# c\nA=1\nexport B='two' # x\nC=\"a\\n$A${B:-x}\nb\"\nD\nE: yaml\n"

IGNORED = "# c\n*.pem\n!keys/public.pem\n/build/**\n**/*.log\n.env*\n!.env.example\na[b-d]?\\ \n\\#x\nnode_modules/\n"

HADOLINT = "ignored: [DL3008, SC2086]\ndisable-ignore-pragma: false\ntrustedRegistries: [docker.io]\n"

ALLOWANCES = """\
# dockworthy: allow-file workload/pids-limit until 2027-03-01: all of it is a laboratory
services:
  web:  # dockworthy: allow workload/privileged until 2027-03-01 by ann@example.com: it loads modules
    image: a
    # dockworthy: allow workload/writable-root until 2027-03-01: it writes everywhere
    labels: {a: "# dockworthy: allow x"}
    command: |
      # dockworthy: allow workload/restart-policy until soon
"""

POLICY_TESTS = """\
policy: dockworthy.yaml
tests:
  - name: from our registry
    compose: |
      services: {web: {image: a}}
    expect: {custom/own: fail, workload/privileged: pass}
  - {name: run by hand, docker_run: docker run --privileged a, expect: {workload/privileged: fail}}
"""
