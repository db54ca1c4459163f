"""No secret value enters a snapshot; what is none stays as it is."""

from __future__ import annotations

import json

import pytest

from dockworthy.facts.redaction import Redactor, redacted, redacted_text
from dockworthy.model.secret_names import is_redacted, is_secret
from facts.planted import BARE, JWT, PEM, clean


@pytest.fixture
def redactor() -> Redactor:
    return Redactor(b"k" * 32)


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


def test_a_compose_model_for_a_record() -> None:
    """The words of Compose instead of the engine's; `***` instead of a hash."""
    service = {
        "image": "shop:1",
        "environment": {"DB_PASSWORD": BARE, "MODE": "fast"},
        "labels": {"com.example.token": BARE},
        "entrypoint": ["app", "--password"],
        "command": ["weak", "-v"],
        "healthcheck": {"test": ["CMD-SHELL", f"redis-cli -a {BARE} ping"]},
        "logging": {"driver": "splunk", "options": {"splunk-token": BARE, "tag": "web"}},
        "build": {"context": ".", "args": {"NPM_TOKEN": BARE}},
        "post_start": [{"command": ["curl", f"https://u:{BARE}@h/x"], "environment": [f"API_KEY={BARE}"]}],
    }
    cleaned = redacted({"services": {"web": service}, "secrets": {"db_password": {"file": "./db_password"}}})
    assert BARE not in json.dumps(cleaned) and "weak" not in json.dumps(cleaned)
    web = cleaned["services"]["web"]
    assert web["environment"] == {"DB_PASSWORD": "***", "MODE": "fast"}
    assert web["command"] == ["***", "-v"] and web["logging"]["options"] == {"splunk-token": "***", "tag": "web"}
    assert cleaned["secrets"] == {"db_password": {"file": "./db_password"}}
    assert redacted(cleaned) == cleaned


def test_a_text_for_people() -> None:
    assert redacted_text(f"postgres://app:{BARE}@db/shop is down") == "postgres://app:***@db/shop is down"


def test_the_names_by_which_the_edge_finds_containers_are_hidden() -> None:
    alias = "0123456789abcdef0123456789abcdef"
    at_edge = {"Aliases": ["web", "web.shop", alias], "DNSNames": ["shop-web-1", alias, "0123456789ab"]}
    assert redacted({"NetworkSettings": {"Networks": {"dockworthy-edge": at_edge}}}) == {
        "NetworkSettings": {
            "Networks": {
                "dockworthy-edge": {
                    "Aliases": ["web", "web.shop", "***"],
                    "DNSNames": ["shop-web-1", "***", "0123456789ab"],
                }
            }
        }
    }
    service = {"Spec": {"TaskTemplate": {"Networks": [{"Target": "x", "Aliases": ["web", alias]}]}}}
    assert alias not in str(redacted(service))
