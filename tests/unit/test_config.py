from __future__ import annotations

import json
import pickle
import re
import subprocess
import sys
import tomllib
import traceback
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from ingest.cli import cli, options
from ingest.config import ConfigError, Secret, Settings, effective, load
from ingest.config.settings import keys


def test_nothing_set_gives_the_defaults() -> None:
    assert load(None, {}) == Settings()


def test_flags_win_over_environment_over_file(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('startup_timeout = 5\n[kafka]\ntopics = ["file"]\ngroup = "file"\nclient_id = "file"\n')
    environ = {"OOM_INGEST_KAFKA__TOPICS": "a,b", "OOM_INGEST_KAFKA__GROUP": "environment"}
    settings = load(file, environ, {("kafka", "group"): "flag", ("kafka", "client_id"): None})
    assert settings.kafka.topics == ("a", "b")
    assert (settings.kafka.group, settings.kafka.client_id, settings.startup_timeout) == ("flag", "file", 5.0)


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"OOM_INGEST_KAFKA__TOPIC": "x"}, "did you mean 'topics'"),
        ({"OOM_INGEST_KAFAK__TOPICS": "x"}, "did you mean 'kafka'"),
        ({"OOM_INGEST_EPISODE__GAP": "-1"}, "episode.gap"),
        ({"OOM_INGEST_EPISODE__GAP": "inf"}, "episode.gap .*<= 2592000"),
        ({"OOM_INGEST_EPISODE__GAP": "1e15"}, "episode.gap .*<= 2592000"),
        ({"OOM_INGEST_REPORT__REORDER": "1e15"}, "report.reorder .*<= 2592000"),
        ({"OOM_INGEST_REPORT__SETTLE_AFTER": "inf"}, "report.settle_after .*<= 2592000"),
        ({"OOM_INGEST_REPORT__LINGER": "inf"}, "report.linger .*<= 2592000"),
        ({"OOM_INGEST_ELASTICSEARCH__REQUEST_TIMEOUT": "inf"}, "elasticsearch.request_timeout .*<= 2592000"),
        ({"OOM_INGEST_STARTUP_TIMEOUT": "inf"}, "startup_timeout .*<= 2592000"),
        ({"OOM_INGEST_KAFKA__RATE": "inf"}, "kafka.rate .*<= 1000000000"),
        ({"OOM_INGEST_KAFKA__TOPICS": " , "}, "kafka.topics .*length >= 1"),
        ({"OOM_INGEST_STARTUP_TIMEOUT": "soon"}, "startup_timeout"),
        ({"OOM_INGEST_ELASTICSEARCH__INDEX_PREFIX": "Not OK"}, "elasticsearch.index_prefix"),
    ],
)
def test_a_wrong_setting_is_named(environ: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load(None, environ)


def test_empty_elements_of_a_list_are_none() -> None:
    settings = load(None, {"OOM_INGEST_KAFKA__TOPICS": "a, ,b,", "OOM_INGEST_REDACTION__WHAT": ""})
    assert (settings.kafka.topics, settings.redaction.what) == (("a", "b"), ())
    with pytest.raises(ConfigError, match=r"kafka\.topics .*matching regex"):
        load(None, {}, {("kafka", "topics"): ("",)})


SERVICE = {
    "SERVICE_HOST": "10.96.0.7",
    "SERVICE_PORT": "8080",
    "SERVICE_PORT_METRICS": "8080",
    "PORT": "tcp://10.96.0.7:8080",
    "PORT_8080_TCP": "tcp://10.96.0.7:8080",
    "PORT_8080_TCP_PROTO": "tcp",
    "PORT_8080_TCP_PORT": "8080",
    "PORT_8080_TCP_ADDR": "10.96.0.7",
}
"""What Kubernetes says of a Service to the pods beside it, behind the Service's name."""


@pytest.mark.parametrize("service", ["OOM_INGEST", "OOM_INGEST_KAFKA"])
def test_what_kubernetes_says_of_services_is_no_setting(service: str) -> None:
    assert load(None, {f"{service}_{name}": value for name, value in SERVICE.items()}) == Settings()
    six = {f"{service}_SERVICE_HOST": "fd00::7", f"{service}_PORT": "tcp://[fd00::7]:8080"}
    assert load(None, six) == Settings()


@pytest.mark.parametrize(
    ("variable", "value"),
    [("PORT", "8080"), ("KAFKA_PORT", "9092"), ("KAFKA__PORT", "tcp://10.96.0.7:9092"), ("SERVICE_HOST", "kafka")],
)
def test_what_only_looks_like_it_is_refused(variable: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"in the environment variable OOM_INGEST_{variable}"):
        load(None, {f"OOM_INGEST_{variable}": value})


def test_a_wrong_key_in_the_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("[report]\nlingr = 3\n")
    with pytest.raises(ConfigError, match="did you mean 'linger'"):
        load(file, {})


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml cannot be read"):
        load(Path("nowhere.toml"), {})


def test_a_page_size_can_be_set_and_must_be_one() -> None:
    assert load(None, {"OOM_INGEST_REPORT__PAGE_SIZE": "65536"}).report.page_size == 65536
    with pytest.raises(ConfigError, match=r"report\.page_size"):
        load(None, {"OOM_INGEST_REPORT__PAGE_SIZE": "7"})


SECRET = "hunter2-and-more"  # noqa: S105  the one that must be seen nowhere
SECURED = {
    "OOM_INGEST_KAFKA__SECURITY_PROTOCOL": "SASL_SSL",
    "OOM_INGEST_KAFKA__USERNAME": "ingest",
    "OOM_INGEST_KAFKA__PASSWORD": SECRET,
    "OOM_INGEST_ELASTICSEARCH__API_KEY": SECRET,
}


def test_every_value_knows_where_it_came_from(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("startup_timeout = 5\n[episode]\ngap = 60\n")
    told = effective(file, {"OOM_INGEST_KAFKA__TOPICS": "a"}, {("kafka", "group"): "flag"}).origins
    assert told == {
        "startup_timeout": str(file),
        "episode.gap": str(file),
        "kafka.topics": "environment OOM_INGEST_KAFKA__TOPICS",
        "kafka.group": "flag",
    }


def test_a_secret_may_stand_in_a_file_and_be_renewed_there(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{SECRET}\n")
    file = tmp_path / "settings.toml"
    file.write_text('[elasticsearch]\napi_key_file = "key"\n')
    key = load(file, {}).elasticsearch.api_key
    assert key == Secret(SECRET)
    assert key is not None
    (tmp_path / "key").write_text("renewed\n")
    assert key.reveal() == "renewed"
    (tmp_path / "key").unlink()
    assert key.reveal() == "renewed"


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"OOM_INGEST_ELASTICSEARCH__API_KEY_FILE": "nowhere"}, "elasticsearch.api_key_file nowhere cannot be read"),
        ({"OOM_INGEST_ELASTICSEARCH__API_KEY_FILE": "/dev/null"}, "is empty"),
        (
            {"OOM_INGEST_REDACTION__KEY": ""},
            "OOM_INGEST_REDACTION__KEY) is wrong: it is empty",
        ),
        ({"OOM_INGEST_KAFKA__GROUP_FILE": "x"}, "did you mean 'group'"),
        ({"OOM_INGEST_KAFKA__SECURITY_PROTOCOL": "SASL_SSL"}, "needs kafka.username and kafka.password"),
        ({"OOM_INGEST_KAFKA__USERNAME": "x"}, "not sent with kafka.security_protocol PLAINTEXT"),
        ({"OOM_INGEST_KAFKA__CA_FILE": "x"}, "not used with kafka.security_protocol PLAINTEXT"),
        ({"OOM_INGEST_KAFKA__KEY_FILE": "x"}, "needs kafka.certificate_file"),
        ({"OOM_INGEST_ELASTICSEARCH__USERNAME": "x"}, "go together"),
        ({"OOM_INGEST_ELASTICSEARCH__HOSTS": f"https://u:{SECRET}@es:9200"}, "must hold no user or password"),
        ({"OOM_INGEST_KAFKA__BOOTSTRAP_SERVERS": f"u:{SECRET}@kafka:9092"}, "must hold no user or password"),
        ({"OOM_INGEST_KIBANA__URL": f"u:{SECRET}@kibana:5601"}, "must hold no user or password"),
        ({"OOM_INGEST_ELASTICSEARCH__CA_FILE": "x"}, "http://localhost:9200, which uses no TLS"),
        ({"OOM_INGEST_DEAD_LETTERS__TOPIC": "syslog"}, "would be read again"),
        ({"OOM_INGEST_ELASTICSEARCH__HOSTS": "localhost:9200"}, "'localhost:9200': write it with scheme and port"),
        ({"OOM_INGEST_ELASTICSEARCH__HOSTS": "https://es"}, "'https://es': write it with scheme and port"),
        ({"OOM_INGEST_KAFKA__BOOTSTRAP_SERVERS": ""}, "'': write it with name and port"),
        ({"OOM_INGEST_KAFKA__BOOTSTRAP_SERVERS": "a:9092,b:x"}, "'b:x': write it with name and port"),
        ({"OOM_INGEST_KAFKA__BOOTSTRAP_SERVERS": "a:9092,"}, "'': write it with name and port"),
        ({"OOM_INGEST_KAFKA__GROUP": ""}, "length >= 1"),
        ({"OOM_INGEST_DEAD_LETTERS__TOPIC": ""}, "matching regex"),
        ({"OOM_INGEST_ROUTE__TOPIC": "a b"}, "matching regex"),
        ({"OOM_INGEST_KAFKA__SECURITY_PROTOCOL": "ssl"}, "'ssl'; known are PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL"),
        ({"OOM_INGEST_REDACTION__WHAT": "name"}, "'name'; known are names, users, paths, text"),
        ({"OOM_INGEST_KAFKA": "x"}, "OOM_INGEST_KAFKA names a table of settings"),
        ({"OOM_INGEST_KAFKA__": "x"}, "one of them is OOM_INGEST_KAFKA__BOOTSTRAP_SERVERS"),
        ({"OOM_INGEST_STARTUP_TIMEOUT__X": "5"}, "did you mean 'startup_timeout'?"),
    ],
)
def test_settings_that_do_not_go_together_are_refused_in_one_sentence(environ: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(None, environ)
    assert said in str(error.value)
    assert SECRET not in str(error.value)


@pytest.mark.parametrize("servers", ["kafka", "a:9092, b:9093", "[fd00::7]:9092", "SASL_SSL://kafka.example.org:9093"])
def test_brokers_may_be_written_as_clients_of_kafka_take_them(servers: str) -> None:
    assert load(None, {"OOM_INGEST_KAFKA__BOOTSTRAP_SERVERS": servers}).kafka.bootstrap_servers == servers


def test_a_text_in_place_of_a_list_is_told_how_to_be_one(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('[kafka]\ntopics = "syslog"\n')
    with pytest.raises(ConfigError, match=r'write it as a list: topics = \["\.\.\."\]'):
        load(file, {})


def test_a_short_name_of_a_zone_is_not_taken_for_another() -> None:
    with pytest.raises(ConfigError, match=r"database$"):
        options.zone("envelope.timezone", "CEST")
    with pytest.raises(ConfigError, match="did you mean 'Europe/Berlin'"):
        options.zone("envelope.timezone", "Europe/Berln")


def test_check_ends_where_run_would_for_a_table_that_is_not_there() -> None:
    done = CliRunner().invoke(cli, ["check"], env={"OOM_INGEST_LOOKUP__HOSTS": "nowhere.csv"})
    assert (done.exit_code, done.stderr) == (
        2,
        "oom-ingest: the lookup table nowhere.csv cannot be read: No such file or directory\n",
    )


def test_a_secret_shows_itself_nowhere() -> None:
    settings = load(None, SECURED)
    password = settings.kafka.password
    assert password is not None
    assert password.reveal() == SECRET
    shown = [str(password), repr(password), f"{password}", f"{password:>40}", repr(settings)]
    shown += traceback.format_exception_only(ValueError(settings, password))
    assert not any(SECRET in text for text in shown)
    for write in (msgspec.json.encode, pickle.dumps, json.dumps):
        with pytest.raises(TypeError) as refused:
            write(settings)
        assert SECRET not in str(refused.value)


def test_config_shows_origins_and_masks_secrets() -> None:
    done = CliRunner().invoke(cli, ["config", "--topic", "a"], env=SECURED)
    assert done.exit_code == 0
    assert SECRET not in done.output
    assert re.search(r"^# password = \*\*\* +# environment OOM_INGEST_KAFKA__PASSWORD$", done.output, re.MULTILINE)
    assert re.search(r'^topics = \["a"\] +# flag$', done.output, re.MULTILINE)
    shown = tomllib.loads(done.output)
    known = {key.path for key in keys() if key.default is not None}
    assert known <= {f"{table}.{key}" for table in shown if table != "startup_timeout" for key in shown[table]} | {
        "startup_timeout"
    }


def test_what_config_prints_can_be_used_as_the_file(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(CliRunner().invoke(cli, ["config"]).output)
    assert load(file, {}) == Settings()


def test_config_can_show_only_what_was_changed() -> None:
    done = CliRunner().invoke(cli, ["config", "--changed"], env={"OOM_INGEST_EPISODE__GAP": "60"})
    assert tomllib.loads(done.output) == {"episode": {"gap": 60.0}}


def test_a_log_line_on_a_terminal_shows_no_local_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import sys; sys.stderr.isatty = lambda: True\n"
        "import structlog; from ingest.telemetry import start_logging\n"
        "start_logging()\n"
        "def send(password):\n"
        "    raise OSError('no connection')\n"
        "try:\n"
        "    send(sys.argv[1])\n"
        "except OSError:\n"
        "    structlog.get_logger().exception('failed')\n"
    )
    monkeypatch.setenv("FORCE_COLOR", "1")
    done = subprocess.run([sys.executable, "-c", code, SECRET], capture_output=True, text=True, check=True)
    assert "no connection" in done.stderr
    assert SECRET not in done.stderr
