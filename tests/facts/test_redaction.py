"""No secret value enters a snapshot; what is none stays as it is."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from dockworthy.facts.redaction import Redactor
from dockworthy.facts.secret_names import is_redacted, is_secret
from effort import examples

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJkb2Nrd29ydGh5In0.c2lnbmF0dXJl"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nbm90IGEga2V5\nYXQgYWxs\n-----END RSA PRIVATE KEY-----"
BARE = "planted-Sesame.9"


@pytest.fixture
def redactor() -> Redactor:
    return Redactor(b"k" * 32)


def clean(facts: Any) -> Any:
    return Redactor(b"k" * 32).clean(facts)


@pytest.mark.parametrize(
    "name",
    "PASSWORD DB_PASSWORD PGPASSWORD MYSQL_ROOT_PASSWORD dbPassword db.password DB_PASS MYSQL_PWD passphrase"
    " API_KEY apikey X-Api-Key AWS_SECRET_ACCESS_KEY SECRET CLIENT_SECRET clientSecret SECRET_KEY_BASE AUTH_TOKEN"
    " GITHUB_TOKEN authtoken PRIVATE_KEY SENTRY_DSN ERLANG_COOKIE DB_CREDENTIALS BASIC_AUTH VAULT_SECRET_ID"
    " connectionString requirepass SLACK_WEBHOOK".split(),
)
def test_names_of_secrets(name: str) -> None:
    assert is_secret(name, BARE)


@pytest.mark.parametrize(
    "name",
    "PATH HOME PWD OLDPWD POSTGRES_PASSWORD_FILE TOKEN_TTL SECRET_NAME AWS_ACCESS_KEY_ID API_KEY_HEADER KEYCLOAK_URL"
    " BYPASS_CACHE COMPASS TOKENIZER AUTHOR MONKEY_PATCH PASSENGER_APP_ENV MAX_TOKENS PASSWORD_MIN_LENGTH AUTH_METHOD"
    " PASS_SCHEME SSH_AUTH_SOCK_PATH DB_USER PUBLIC_KEY GPG_KEY SORT_KEY"
    " org.opencontainers.image.authors DSNAME".split(),
)
def test_names_of_something_else(name: str) -> None:
    assert not is_secret(name, "A035C8C19219BA821ECEA86B64E628F8D684696D")


@pytest.mark.parametrize("value", ["", "true", "no", "$DB_PASSWORD", "${X:-y}", "$(cat /x)", "/run/secrets/db", "off"])
def test_values_that_are_no_secret_under_any_name(value: str) -> None:
    assert not is_secret("DB_PASSWORD", value)


def test_a_key_alone_must_look_like_one() -> None:
    assert is_secret("APP_KEY", "base64:9Xk2mZ0q7Lr4Tn8v")
    assert not is_secret("CACHE_KEY", "base64:9Xk2mZ0q7Lr4Tn8v")
    assert not is_secret("TLS_KEY", "/etc/ssl/private/tls.pem")
    assert not is_secret("REGION_KEY", "eu")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"postgres://app:{BARE}@db:5432/shop", "postgres://app:hash:@db:5432/shop"),
        (f"redis://:{BARE}@cache:6379", "redis://:hash:@cache:6379"),
        (f"amqp://a:{BARE}@h1,amqp://a:{BARE}@h2", "amqp://a:hash:@h2"),
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
        (f"curl -u admin:{BARE} http://x", "curl -u hash: http://x"),
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
    ],
)
def test_texts_without_a_secret_stay(text: str) -> None:
    assert clean({"Args": [text], "Description": text}) == {"Args": [text], "Description": text}


def test_environment(redactor: Redactor) -> None:
    cleaned = redactor.clean(
        {"Config": {"Env": [f"DB_PASSWORD={BARE}", f"URL=redis://:{BARE}@h", "A=b=c", "EMPTY=", "BARE", "X_FILE=/x"]}}
    )
    hidden = redactor.hide(BARE)
    url = redactor.hide(f"redis://:{BARE}@h")
    assert cleaned["Config"]["Env"] == [f"DB_PASSWORD={hidden}", f"URL={url}", "A=b=c", "EMPTY=", "BARE", "X_FILE=/x"]
    assert is_redacted(hidden) and is_redacted(url)


def test_equal_secrets_have_equal_hashes_and_another_key_has_others(redactor: Redactor) -> None:
    cleaned = redactor.clean({"Env": [f"A_TOKEN={BARE}", f"B_PASSWORD={BARE}", "C_PASSWORD=another"]})
    first, second, third = (item.split("=")[1] for item in cleaned["Env"])
    assert first == second != third
    assert Redactor(b"z" * 32).hide(BARE) != first


def test_cleaning_twice_changes_nothing(redactor: Redactor) -> None:
    once = redactor.clean({"Env": [f"A_TOKEN={BARE}"], "Cmd": ["--password", BARE, f"redis://:{BARE}@h"]})
    assert redactor.clean(once) == once


def test_arguments() -> None:
    cleaned = clean(
        {
            "Cmd": ["redis-server", "--requirepass", BARE, "--port", "6379"],
            "Entrypoint": ["/usr/bin/mysqladmin", "-u", "root", f"-p{BARE}", "ping"],
            "Healthcheck": {"Test": ["CMD", "redis-cli", "-a", BARE, "ping"]},
            "Args": ["--token", "-v", f"--token={BARE}", "--name", "web"],
        }
    )
    assert BARE not in json.dumps(cleaned)
    assert cleaned["Cmd"][3:] == ["--port", "6379"]
    assert cleaned["Entrypoint"][:3] == ["/usr/bin/mysqladmin", "-u", "root"]
    assert cleaned["Args"][:2] == ["--token", "-v"] and cleaned["Args"][3:] == ["--name", "web"]


def test_a_flag_in_one_list_and_its_value_in_the_next() -> None:
    cleaned = clean({"Entrypoint": ["app", "--password"], "Cmd": ["weak", "-v"], "Path": "app"})
    assert cleaned["Entrypoint"] == ["app", "--password"]
    assert cleaned["Cmd"][0].startswith("hash:") and cleaned["Cmd"][1] == "-v"
    cleaned = clean({"Command": ["app", "--token"], "Args": ["weak"]})
    assert cleaned["Args"][0].startswith("hash:")
    untouched = {"Entrypoint": ["app"], "Cmd": None}
    assert clean(untouched) == untouched


def test_a_value_that_is_a_secret_by_its_shape_under_any_name() -> None:
    for value in (JWT, PEM, "ghp_" + "a1" * 18, f"mongodb://u:{BARE}@h/x", f'{{"password": "{BARE}"}}'):
        (item,) = clean({"Env": [f"SETTING={value}"]})["Env"]
        assert is_redacted(item.removeprefix("SETTING="))


def test_odd_bytes_become_text() -> None:
    cleaned = clean({"path": "/a\udcff", "Env": ["A=\udcff", "DB_PASSWORD=x\udcffyz"]})
    json.dumps(cleaned, ensure_ascii=False).encode()
    assert cleaned["path"] == "/a?"


def test_a_secret_found_once_is_hidden_where_only_the_container_knows_it() -> None:
    cleaned = clean(
        {
            "Config": {"Env": [f"DB_PASSWORD={BARE}"], "Cmd": ["app", "--pw2", BARE], "Image": "shop:1"},
            "State": {"Health": {"Log": [{"Output": f"login with {BARE} failed"}]}},
        }
    )
    assert BARE not in json.dumps(cleaned)


def test_a_weak_password_that_is_a_word_does_not_eat_the_words() -> None:
    cleaned = clean({"Env": ["POSTGRES_PASSWORD=postgres"], "Cmd": ["postgres"], "Image": "postgres:16"})
    assert cleaned["Cmd"] == ["postgres"] and cleaned["Image"] == "postgres:16"
    assert cleaned["Env"][0].startswith("POSTGRES_PASSWORD=hash:")


def test_labels_options_and_log_settings() -> None:
    cleaned = clean(
        {
            "Labels": {"com.example.token": BARE, "com.docker.compose.service": "web", "auth": f"admin:{PEM}"},
            "Options": {"type": "cifs", "o": f"username=u,password={BARE}", "device": "//nas/share"},
            "LogConfig": {"Type": "splunk", "Config": {"splunk-token": BARE, "splunk-url": "https://log:8088"}},
            "DriverOpts": {"password": BARE},
            "log-opts": {"splunk-token": BARE},
        }
    )
    assert BARE not in json.dumps(cleaned) and "bm90" not in json.dumps(cleaned)
    assert cleaned["Labels"]["com.docker.compose.service"] == "web"
    assert cleaned["Options"]["type"] == "cifs"
    assert cleaned["LogConfig"]["Config"]["splunk-url"] == "https://log:8088"


def test_settings_of_plugins_and_labels_of_the_engine() -> None:
    cleaned = clean(
        {
            "Settings": {"Env": [f"TOKEN={BARE}"], "Args": [f"--secret={BARE}"]},
            "Config": {"Env": [{"Name": "TOKEN", "Value": BARE, "Settable": ["value"]}]},
            "Labels": [f"token={BARE}", "zone=a"],
            "HttpProxy": f"http://u:{BARE}@proxy:3128",
        }
    )
    assert BARE not in json.dumps(cleaned)
    assert cleaned["Labels"][1] == "zone=a"


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


def test_the_apis_own_words_stay() -> None:
    facts = {
        "MaskedPaths": ["/proc/keys", "/proc/kcore"],
        "SecretID": "abc",
        "SecretName": "db-password",
        "File": {"Name": "db_password", "UID": "0"},
        "IndexServerAddress": "https://index.docker.io/v1/",
        "SecurityOptions": ["name=seccomp,profile=builtin", "name=cgroupns"],
        "Privileged": True,
        "NanoCpus": 1,
        "Binds": ["/srv/token:/token:ro"],
        "Ulimits": None,
    }
    assert clean(facts) == facts


_SECRET = st.text(st.characters(codec="utf-8", exclude_characters="\"'\\`"), min_size=6, max_size=40).filter(
    lambda text: is_secret("DB_PASSWORD", text) and len(text.strip()) == len(text) and not text.startswith("hash:")
)
_WORD = st.text("abcdefghijklmnopqrstuvwxyz0123456789ABC!#%^*+=~.", min_size=10, max_size=40).filter(
    lambda text: is_secret("DB_PASSWORD", text) and text[0].isalnum() and not text.isalpha()
)
_NAMES = st.sampled_from(["DB_PASSWORD", "API_TOKEN", "clientSecret", "aws.secret_access_key", "PGPASSWORD"])


@settings(max_examples=examples(400), deadline=None)
@given(name=_NAMES, secret=_SECRET)
@example(name="DB_PASSWORD", secret="a=b c,d;e&f|g)h]i}j")
@example(name="API_TOKEN", secret="päss\nwörd\u2028x")
def test_a_secret_named_so_never_appears(name: str, secret: str) -> None:
    """Whatever it is made of: where a whole value is the secret, the whole value is hidden."""
    planted = {
        "Config": {"Env": [f"{name}={secret}"], "Labels": {name: secret}, "Cmd": [f"--{name}", secret]},
        "HostConfig": {"LogConfig": {"Config": {name: secret}}},
        "Spec": {"TaskTemplate": {"ContainerSpec": {"Env": [f"{name}={secret}"]}}, "Data": secret},
        "Options": {name: secret},
    }
    assume(secret not in name)  # the name stays, and may be said
    if secret.startswith("-"):
        planted["Config"]["Cmd"] = []
    strings = list(_strings(clean(planted)))
    assert not [string for string in strings if secret in string]


@settings(max_examples=examples(400), deadline=None)
@given(name=_NAMES, secret=_WORD, before=st.sampled_from(["", "exec app ", "a; "]), after=st.sampled_from(["", " -v"]))
def test_a_secret_in_a_text_never_appears(name: str, secret: str, before: str, after: str) -> None:
    texts = [
        f"{before}--{name}={secret}{after}",
        f"{before}{name}={secret}{after}",
        f"{before}--{name} {secret}{after}",
    ]
    texts += [f'{before}"{name}": "{secret}"{after}', f"{before}{name}: {secret}{after}"]
    planted = {"Args": texts, "Description": " ".join(texts), "History": [{"CreatedBy": text} for text in texts]}
    assert not [string for string in _strings(clean(planted)) if secret in string]


@settings(max_examples=examples(300), deadline=None)
@given(
    facts=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["Env", "Labels", "Cmd", "Name", "Value", "Data", "x", "JoinTokens"]), inner
            )
        ),
        max_leaves=20,
    )
)
def test_any_json_keeps_its_shape(facts: Any) -> None:
    assert _shape(clean(facts)) == _shape(facts)


def test_long_texts_take_no_time() -> None:
    import time

    begun = time.process_time()
    for piece in ("a://b:", "password", "-----BEGIN PRIVATE KEY-----", "eyJ", "x=", "$2y$", "--a ", "\\", "mysql -p "):
        clean({"Cmd": [piece * 5_000], "Env": ["A=" + piece * 5_000]})
    assert time.process_time() - begun < 5


def _strings(value: Any) -> Any:
    if isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, str):
        yield value


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shape(item) for item in value]
    return type(value)
