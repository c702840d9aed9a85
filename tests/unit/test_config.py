from __future__ import annotations

from pathlib import Path

import pytest

from ingest.config import ConfigError, Settings, load


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
        ({"OOM_INGEST_STARTUP_TIMEOUT": "soon"}, "startup_timeout"),
        ({"OOM_INGEST_ELASTICSEARCH__INDEX_PREFIX": "Not OK"}, "elasticsearch.index_prefix"),
    ],
)
def test_a_wrong_setting_is_named(environ: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load(None, environ)


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
