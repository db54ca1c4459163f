"""Large inputs for the benchmarks, generated: nothing of them is anyone's."""

from __future__ import annotations

import copy
import hashlib
import json
from pathlib import Path
from typing import Any

_POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: shop-{number}
  labels: {{app: shop, tier: "{tier}"}}
spec:
  securityContext:
    runAsNonRoot: {non_root}
    seccompProfile: {{type: RuntimeDefault}}
  initContainers:
    - name: migrate
      image: registry.example.com/shop/migrate:1.{number}
      securityContext: {{allowPrivilegeEscalation: false, capabilities: {{drop: [ALL]}}}}
  containers:
    - name: web
      image: registry.example.com/shop/web:1.{number}
      ports:
        - containerPort: 8080
      securityContext:
        allowPrivilegeEscalation: false
        privileged: {privileged}
        capabilities:
          drop: [ALL]
      volumeMounts:
        - {{name: data, mountPath: /data}}
  volumes:
    - name: data
      emptyDir: {{}}
"""

_SERVICE = """\
  web{number}:
    image: registry.example.com/shop/web:1.{number}
    ports: ["127.0.0.1:{port}:80"]
    read_only: true
    environment: {{MODE: "${{MODE:-live}}", WORKERS: 2}}
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    volumes: ["data{number}:/data", "./conf:/conf:ro"]
    healthcheck: {{test: [CMD, "true"], interval: 30s}}
    deploy: {{resources: {{limits: {{memory: 100M, cpus: "0.5", pids: 100}}}}}}
    restart: unless-stopped
    logging: {{driver: json-file, options: {{max-size: 10m}}}}
"""


def write_compose(file: Path, services: int) -> None:
    """One project of so many services."""
    written = "".join(_SERVICE.format(number=number, port=8080 + number) for number in range(services))
    volumes = "".join(f"  data{number}: {{}}\n" for number in range(services))
    file.write_text(f"name: shop\nservices:\n{written}volumes:\n{volumes}")


def write_projects(folder: Path, number: int, services: int) -> list[Path]:
    """So many projects, each in a folder of its own."""
    files = [folder / f"project-{index:03}" / "compose.yaml" for index in range(number)]
    for file in files:
        file.parent.mkdir(parents=True)
        write_compose(file, services)
    return files


def write_pods(folder: Path, number: int) -> None:
    """A file for each pod, as most repositories have them; every third has a fault."""
    for index in range(number):
        text = _POD.format(
            number=index,
            tier=index % 7,
            non_root="false" if index % 3 == 1 else "true",
            privileged="true" if index % 3 == 2 else "false",
        )
        (folder / f"pod-{index:05}.yaml").write_text(text)


def widened(snapshot: bytes, containers: int) -> bytes:
    """The snapshot with so many containers: those that it has, again under other ids and names."""
    document: dict[str, Any] = json.loads(snapshot)
    seen = document["engine"]["containers"]["value"]
    assert seen, "the snapshot has no container to repeat"
    document["engine"]["containers"]["value"] = [_again(seen[index % len(seen)], index) for index in range(containers)]
    return json.dumps(document).encode()


def _again(facts: dict[str, Any], index: int) -> dict[str, Any]:
    other = copy.deepcopy(facts)
    name = f"{facts['name'].lstrip('/')}-{index}"
    other["id"] = hashlib.sha256(name.encode()).hexdigest()
    other["name"] = name
    if other["inspect"]["is"] == "set":
        other["inspect"]["value"] |= {"Id": other["id"], "Name": f"/{name}"}
    return other
