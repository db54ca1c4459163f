"""A secret within a text is hidden, and the text around it stays."""

from __future__ import annotations

import json
import re

import pytest

from facts.planted import BARE, JWT, PEM, clean


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"postgres://app:{BARE}@db:5432/shop", "postgres://app:hash:@db:5432/shop"),
        (f"redis://:{BARE}@cache:6379", "redis://:hash:@cache:6379"),
        (f"amqp://a:{BARE}@h1,amqp://a:{BARE}@h2", "amqp://a:hash:@h1,amqp://a:hash:@h2"),
        (f"app:{BARE}@tcp(db:3306)/shop", "app:hash:@tcp(db:3306)/shop"),
        (f"https://api.example.com/x?user=1&token={BARE}&y=2", "https://api.example.com/x?user=1&token=hash:&y=2"),
        (f"addr=10.0.0.9,username=u,password={BARE},vers=3.0", "addr=10.0.0.9,username=u,password=hash:,vers=3.0"),
        (f"Server=db;User Id=sa;Password={BARE};Encrypt=true", "Server=db;User Id=sa;Password=hash:;Encrypt=true"),
        (f"Authorization: Bearer {BARE}", "Authorization: Bearer hash:"),
        (f"curl -H 'Authorization: Basic {BARE}' http://x", "curl -H 'Authorization: Basic hash:' http://x"),
        (f'{{"user": "a", "password": "{BARE}"}}', '{"user": "a", "password": "hash:"}'),
        (f'sh -c "echo {{\\"token\\":\\"{BARE}\\"}}"', 'sh -c "echo {\\"token\\":\\"hash:\\"}"'),
        (f"password: {BARE}\nuser: a", "password: hash:\nuser: a"),
        (f"DB_PASSWORD={BARE} exec app", "DB_PASSWORD=hash: exec app"),
        (f"export DB_PASSWORD='{BARE} x'; app", "export DB_PASSWORD='hash:'; app"),
        (f"app --db-password {BARE} -v", "app --db-password hash: -v"),
        (f"app --db-password={BARE} -v", "app --db-password=hash: -v"),
        (f"java -Dspring.datasource.password={BARE} -jar a", "java -Dspring.datasource.password=hash: -jar a"),
        (f"mysqladmin ping -p{BARE} || exit 1", "mysqladmin ping -phash: || exit 1"),
        (f"redis-cli -a {BARE} ping", "redis-cli -a hash: ping"),
        (f"curl -u admin:{BARE} http://x", "curl -u admin:hash: http://x"),
        (f"sshpass -p {BARE} ssh root@h", "sshpass -p hash: ssh root@h"),
        (f"x {JWT} y", "x hash: y"),
        (f"x {PEM} y", "x hash: y"),
        (PEM[:60], "hash:"),
        ("ghp_" + "a1" * 18, "hash:"),
        ("glpat-" + "a1" * 12, "hash:"),
        ("AKIA" + "A1" * 8, "hash:"),
        ("xoxb-123456789012-abcdef", "hash:"),
        ("sk_live_" + "a1" * 12, "hash:"),
        ("SWMTKN-1-" + "a1" * 24 + "-" + "b2" * 12, "hash:"),
        ("hvs." + "a1" * 20, "hash:"),
        ("https://hooks.slack.com/services/T000/B000/" + "a1" * 12, "https://hooks.slack.com/services/hash:"),
        ("admin:$apr1$H6uskkkW$IgXLP6ewTrSuBkTrqE8wj/", "admin:hash:"),
        ("admin:$2y$05$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC", "admin:hash:"),
    ],
)
def test_secrets_in_a_text(text: str, kept: str) -> None:
    cleaned = clean({"Description": text})["Description"]
    assert re.sub(r"hash:[0-9a-f]{16}", "hash:", cleaned) == kept


@pytest.mark.parametrize(
    "text",
    [
        "docker-image://docker.io/docker/dockerfile:1@sha256:" + "ab" * 32,
        "docker-image://alpine:3@sha256:" + "ab" * 32,
        "registry.example.com:5000/vault/secret-manager:2.1.3@sha256:" + "ab" * 32,
        "http://proxy.example.com:3128/@scope/package",
        "ConnectionStrings__Default=shop",
        "https://github.com/org/repo.git#main:docs",
        "ssh://git@github.com/x/y",
        "wget -q -O- http://127.0.0.1:8080/health || exit 1",
        "mysql -p shop -h db",
        "curl -fsS -u $USER:$PASS http://x",
        '/bin/sh -c #(nop)  CMD ["nginx" "-g" "daemon off;"]',
        "RUN apt-key adv --keyserver hkp://keys.example.com:80 --recv-keys 573BFD6B3D8FBC641079A6ABABF5BD827BD9BF62",
        "proxy_pass http://backend;",
        "type=bind,source=/etc/passwd,target=/etc/passwd,readonly",
        "seccomp=unconfined",
        "label=type:spc_t",
        "/srv/secrets:/run/secrets:ro",
        "key=value",
        "sha256:" + "0123456789abcdef" * 4,
        "--tlskey=/etc/docker/key.pem",
        "cat: can't open '/run/secrets/db_postgres_password': Permission denied",
        'open "/run/secrets/token": No such file or directory',
    ],
)
def test_texts_without_a_secret_stay(text: str) -> None:
    assert clean({"Args": [text], "Description": text}) == {"Args": [text], "Description": text}


@pytest.mark.parametrize(
    "instruction",
    [
        "ENV DB_PASSWORD=correct horse {} B=2",
        "/bin/sh -c #(nop)  ENV DB_PASSWORD=correct {}",
        "RUN |2 API_TOKEN=a {} c X=1 /bin/sh -c make # buildkit",
        "|1 API_TOKEN={} /bin/sh -c make",
        "LABEL token=x {}",
        "RUN /bin/sh -c curl -H 'X-Auth-Token: {}' http://x # buildkit",
    ],
)
def test_history(instruction: str) -> None:
    (entry,) = clean([{"CreatedBy": instruction.format(BARE)}])
    assert BARE not in entry["CreatedBy"]
    assert entry["CreatedBy"][:6] == instruction[:6]


def test_history_repeats_what_the_environment_tells() -> None:
    image = {"inspect": {"Config": {"Env": [f"MY_PASSWORD={BARE}"]}}, "history": [{"CreatedBy": f"RUN use {BARE}"}]}
    assert BARE not in json.dumps(clean([image]))
