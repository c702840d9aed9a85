"""``oom-ingest setup --kibana`` against an HTTP server that answers as Kibana does."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import trustme
from click.testing import CliRunner, Result

from ingest import assets
from ingest.adapters.kibana import Kibana
from ingest.cli import cli
from ingest.config import KibanaSettings
from ingest.kibana import saved
from ingest.kibana.rules import RULES
from ingest.kibana.told import State as Outcome
from ingest.ports import Refused
from ingest.setup import kibana as setup_kibana
from ingest.stack.ports import free_port
from tests.kibana.fake import KNOWN, State, kibana

SHIPPED = (assets.dashboards() / "oom.ndjson").read_text()
OBJECTS = saved.read(SHIPPED)
KEY = {"OOM_INGEST_KIBANA__API_KEY": "c2VjcmV0"}


def setup(url: str, *arguments: str, env: Mapping[str, str] = KEY) -> Result:
    return CliRunner().invoke(cli, ["setup", "--kibana", url, *arguments], env=dict(env))


def told(result: Result) -> dict[str, str]:
    """What was said of each thing, by its kind and id."""
    states = "|".join(Outcome)
    found = re.findall(rf"^(\S+ \S+) \(.*?\): ({states})", result.stdout, re.MULTILINE)
    return dict(found)


# ---------------------------------------------------------------- what is installed


@pytest.mark.parametrize("version", [version for version in KNOWN if version != "8.7.1"])
def test_everything_is_installed_and_reported_once(version: str) -> None:
    state = State(version=version)
    with kibana(state) as url:
        result = setup(url)
    assert (result.exit_code, result.stderr) == (0, "")
    said = told(result)
    assert len(said) == len(OBJECTS) + len(RULES)
    assert set(said.values()) == {"created"}
    assert {key[1:] for key in state.objects} == {(each.type, each.id) for each in OBJECTS}
    assert len(state.rules) == len(RULES)


def test_a_second_run_replaces_boards_and_leaves_rules() -> None:
    state = State()
    with kibana(state) as url:
        setup(url)
        before = json.dumps(state.rules, sort_keys=True)
        result = setup(url)
    assert result.exit_code == 0
    assert sorted(told(result).values()) == ["replaced"] * len(OBJECTS) + ["unchanged"] * len(RULES)
    assert json.dumps(state.rules, sort_keys=True) == before


def test_a_space_has_its_own_rules_and_must_exist() -> None:
    state = State(spaces={"default", "ops"})
    with kibana(state) as url:
        assert setup(url, "--space", "ops").exit_code == 0
        result = setup(url, "--space", "opps")
    assert {key[0] for key in state.objects} == {"ops"}
    assert result.exit_code == 1
    assert result.stderr == f"oom-ingest: Kibana at {url} has no space 'opps'; create it, or name another one\n"


def test_an_id_that_another_space_has_is_said_to_be_stored_under_another() -> None:
    state = State(spaces={"default", "ops"})
    with kibana(state) as url:
        setup(url, "--no-rules")
        for expected in ("created", "replaced"):
            result = setup(url, "--no-rules", "--space", "ops")
            assert result.exit_code == 0
            assert result.stdout.count("another space has this id, see docs/kibana.md") == len(OBJECTS)
            assert set(told(result).values()) == {expected}
    assert len(state.objects) == 2 * len(OBJECTS)


def test_tenants_stand_side_by_side() -> None:
    state = State(spaces={"default", "acme"})
    environment = KEY | {"OOM_INGEST_ELASTICSEARCH__INDEX_PREFIX": "acme"}
    with kibana(state) as url:
        setup(url)
        result = setup(url, "--space", "acme", env=environment)
    assert result.exit_code == 0
    assert "another space" not in result.stdout
    theirs = {key[1:]: value for key, value in state.objects.items() if key[0] == "acme"}
    assert {id_ for _, id_ in theirs} == {each.id.replace("oom", "acme", 1) for each in OBJECTS}
    assert theirs["index-pattern", "acme-kills"]["attributes"]["title"] == "acme-kill-*"
    board = json.dumps(theirs["dashboard", "acme-fleet"])
    assert set(re.findall(r"#/view/([a-z0-9-]+)", board)) < {id_ for _, id_ in theirs}
    inside = {(r["type"], r["id"]) for each in theirs.values() for r in each["references"]}
    assert inside <= set(theirs)
    assert len(state.rules) == 2 * len(RULES)
    assert {rule["params"]["index"][0].split("-")[0] for rule in state.rules.values()} == {"oom", "acme"}


# ---------------------------------------------------------------- rules belong to those they wake


def test_connectors_are_told_and_never_taken_away() -> None:
    state = State(connectors={"hook": ".webhook", "page": ".pagerduty", "own": ".email"})
    with kibana(state) as url:
        setup(url, "--connector", "hook")
        (first, *_) = state.rules.values()
        first["actions"].append(
            {"id": "own", "group": "recovered", "params": {}, "uuid": "u", "connector_type_id": ".email"}
        )
        result = setup(url, "--connector", "page")
    assert result.exit_code == 0, result.stdout
    assert [action["id"] for action in first["actions"]] == ["hook", "hook", "own"]
    (first, *others) = state.rules.values()
    assert [action["id"] for action in first["actions"]] == ["hook", "hook", "own", "page", "page"]
    assert {len(rule["actions"]) for rule in others} == {4}


@pytest.mark.parametrize(
    ("connector", "said"), [("none", "no connector 'none'"), ("mail", "is a .email; we have texts")]
)
def test_a_connector_that_cannot_be_told_stops_before_anything_is_written(connector: str, said: str) -> None:
    state = State(connectors={"mail": ".email"})
    with kibana(state) as url:
        result = setup(url, "--connector", connector)
    assert result.exit_code == 1
    assert said in result.stderr
    assert state.objects == {}


def test_what_was_tuned_or_disabled_in_kibana_stays() -> None:
    state = State()
    with kibana(state) as url:
        setup(url)
        by_tag = {rule["tags"][1]: rule for rule in state.rules.values()}
        by_tag["repeat-offender"]["params"]["threshold"] = [50]
        by_tag["storm"]["enabled"] = False
        result = setup(url)
    kept = next(id_ for id_, rule in state.rules.items() if rule["tags"][1] == "repeat-offender")
    assert told(result)[f"rule {kept}"] == "kept"
    assert result.exit_code == 0
    by_tag = {rule["tags"][1]: rule for rule in state.rules.values()}
    assert by_tag["repeat-offender"]["params"]["threshold"] == [50]
    assert by_tag["storm"]["enabled"] is False


def test_a_new_version_of_a_rule_replaces_an_untouched_one_and_keeps_its_tags() -> None:
    state = State()
    with kibana(state) as url:
        setup(url)
        by_tag = {rule["tags"][1]: rule for rule in state.rules.values()}
        by_tag["critical-process"]["tags"].append("team-a")
        result = setup(url, env=KEY | {"OOM_INGEST_KIBANA__CRITICAL_PROCESSES": "nginx,kube-controller-manager"})
    assert sorted(told(result).values()).count("unchanged") == len(RULES) - 1
    changed = next(rule for rule in state.rules.values() if rule["tags"][1] == "critical-process")
    assert '"process.name":["nginx","kube-controller"]' in changed["params"]["esQuery"]
    assert "team-a" in changed["tags"]
    assert sum(tag.startswith("shipped-") for tag in changed["tags"]) == 1


# ---------------------------------------------------------------- what may go wrong


def test_an_older_kibana_is_refused_with_the_version_that_is_needed() -> None:
    state = State(version="8.7.1")
    with kibana(state) as url:
        result = setup(url)
    assert result.exit_code == 1
    assert result.stderr == "oom-ingest: Kibana is 8.7.1; boards and rules need 8.9.0 or newer\n"
    assert state.objects == {}


def test_an_older_kibana_that_does_not_tell_its_version_refuses_the_import() -> None:
    class Silent(Kibana):
        def version(self) -> str | None:
            return None

    state = State(version="8.7.1", key=None)
    with kibana(state) as url:
        installer = Silent(KibanaSettings(url=url))
        setup_kibana.check(installer)
        with pytest.raises(Refused, match=r"which need 8\.9\.0 or newer.*more recent version of Kibana"):
            setup_kibana.install_objects(installer, "oom")
    assert state.objects == {}


@pytest.mark.parametrize("mutant", ["typeMigrationVersion", "coreMigrationVersion"])
def test_the_fake_refuses_a_file_that_is_newer_than_it(mutant: str) -> None:
    newer = re.sub(rf'("{mutant}"):"[^"]+"', r'\1:"10.3.0"', SHIPPED)
    state = State(version="8.15.0", key=None)
    with kibana(state) as url, pytest.raises(Refused, match="is older than our files"):
        Kibana(KibanaSettings(url=url)).import_objects(newer)
    assert state.objects == {}


def test_a_missing_reference_keeps_every_object_out_and_each_is_reported() -> None:
    without = saved.ndjson([each for each in OBJECTS if each.id != "oom-kills"])
    state = State(key=None)
    with kibana(state) as url:
        found = Kibana(KibanaSettings(url=url)).import_objects(without)
    assert state.objects == {}
    assert {each.state for each in found} == {Outcome.FAILED, Outcome.NOT_WRITTEN}
    assert len(found) == len(OBJECTS) - 1
    assert "needs index-pattern oom-kills" in {each.reason for each in found}


def test_a_kind_that_kibana_does_not_know_stops_no_other() -> None:
    state = State(unknown_types=("tag",))
    with kibana(state) as url:
        result = setup(url)
    assert result.exit_code == 1
    assert told(result)["tag oom-tag"] == "failed"
    assert len(state.objects) == len(OBJECTS) - 1
    assert result.stderr == f"oom-ingest: 1 of {len(OBJECTS) + len(RULES)} things were not installed in Kibana\n"


def test_an_attribute_that_kibana_does_not_know_fails_its_object_only() -> None:
    spoilt = SHIPPED.replace('"timeRestore":true', '"sections":[],"timeRestore":true', 1)
    state = State(key=None)
    with kibana(state) as url:
        found = Kibana(KibanaSettings(url=url)).import_objects(spoilt)
    (failed,) = [each for each in found if each.state.is_wrong]
    assert failed.reason == "[attributes.sections]: definition for this key is missing"
    assert len(state.objects) == len(OBJECTS) - 1


def test_a_rule_that_is_refused_stops_no_other() -> None:
    state = State(fails_rules={".index-threshold": 403})
    with kibana(state) as url:
        result = setup(url)
    assert result.exit_code == 1
    assert sorted(told(result).values()).count("failed") == 3
    assert len(state.rules) == len(RULES) - 3
    assert "does not allow this key" in result.stdout


@pytest.mark.parametrize(
    ("state", "env", "status", "said"),
    [
        (State(), {}, 1, "wants a key: set kibana.api_key"),
        (State(key="b3RoZXI="), KEY, 1, "does not accept kibana.api_key"),
        (State(forbidden=("/api/saved_objects",)), KEY, 1, "does not allow this key to do so in space 'default'"),
        (State(login="/login?next=%2Fapi%2Fstatus"), KEY, 1, "sends us to a login page (/login?next=%2Fapi%2Fstatus)"),
        (State(login="https://sso.example/start"), KEY, 1, "sends us to a login page (https://sso.example/start)"),
        (State(login="/kibana/api/status"), KEY, 1, "sends us to /kibana/api/status: name that address"),
        (State(page=True), KEY, 1, "answered with a page instead of its API"),
        (State(starting=9), KEY, 3, "is not ready (503): Kibana server is not ready yet"),
    ],
)
def test_what_a_person_can_mend_is_one_sentence(state: State, env: dict[str, str], status: int, said: str) -> None:
    with kibana(state) as url:
        result = setup(url, env=env)
    assert result.exit_code == status
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert "c2VjcmV0" not in result.output
    assert state.objects == {}


def test_a_redirect_to_tls_says_so() -> None:
    state = State()
    with kibana(state) as url:
        state.login = url.replace("http:", "https:") + "/api/status"
        result = setup(url)
    assert result.stderr == f"oom-ingest: Kibana at {url} wants TLS: write its address with https://\n"


def test_a_base_path_is_part_of_the_address() -> None:
    state = State()
    with kibana(state, "/kibana") as url:
        assert setup(url + "/").exit_code == 0
        result = setup(url.removesuffix("/kibana"))
    assert "is its base path missing from the address?" in result.stderr


def test_kibana_is_trusted_by_the_ca_that_is_set_and_by_no_other(tmp_path: Path) -> None:
    ours, other = trustme.CA(), trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.issue_cert("127.0.0.1").configure_cert(context)
    for name, authority in (("ours.pem", ours), ("other.pem", other)):
        authority.cert_pem.write_to_path(str(tmp_path / name))
    state = State()
    with kibana(state, tls=context) as url:
        refused = setup(url, env=KEY | {"OOM_INGEST_KIBANA__CA_FILE": str(tmp_path / "other.pem")})
        assert (refused.exit_code, state.requests) == (3, [])
        assert "is kibana.ca_file right?" in refused.stderr
        assert setup(url, env=KEY | {"OOM_INGEST_KIBANA__CA_FILE": str(tmp_path / "ours.pem")}).exit_code == 0
    assert len(state.objects) == len(OBJECTS)


def test_an_absent_kibana_is_named() -> None:
    port = free_port()
    result = setup(f"http://127.0.0.1:{port}")
    assert result.exit_code == 3
    assert f"Kibana is not reachable at http://127.0.0.1:{port}" in result.stderr


def test_elasticsearch_and_kibana_are_set_up_each_by_itself() -> None:
    port = free_port()
    state = State()
    with kibana(state) as url:
        result = setup(url, "--elasticsearch", f"http://127.0.0.1:{port}")
    assert result.exit_code == 3
    assert f"Elasticsearch is not reachable at http://127.0.0.1:{port}" in result.stderr
    assert len(state.objects) == len(OBJECTS)


def test_a_dry_run_asks_and_writes_nothing() -> None:
    state = State()
    with kibana(state) as url:
        result = setup(url, "--dry-run")
    assert result.stdout == f"{url}: ready for boards and alert rules in space default\n"
    assert {method for method, _ in state.requests} == {"GET"}


def test_no_rules_are_installed_where_none_are_wanted() -> None:
    state = State()
    with kibana(state) as url:
        setup(url, "--no-rules")
    assert state.rules == {}


# ---------------------------------------------------------------- by hand


def test_what_is_exported_imports_the_same(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["setup", "--export", str(tmp_path / "out")], env={})
    assert result.exit_code == 0
    by_hand, by_setup = State(key=None), State(key=None)
    with kibana(by_setup) as url:
        setup(url, env={})
    with kibana(by_hand) as url:
        installer = Kibana(KibanaSettings(url=url))
        installer.import_objects((tmp_path / "out" / "oom.ndjson").read_text())
        readme = (tmp_path / "out" / "README.txt").read_text()
        for file, id_ in re.findall(r"@(rules/\S+\.json) \"\$KIBANA/api/alerting/rule/(\S+)\"", readme):
            installer.create_rule(id_, json.loads((tmp_path / "out" / file).read_text()))
    assert by_hand.objects == by_setup.objects
    assert _plain(by_hand.rules) == _plain(by_setup.rules)
    assert not {f"rules/{rule.name}.json" for rule in RULES} - {
        str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*")
    }


def _plain(rules: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {id_: {key: value for key, value in rule.items() if key != "tags"} for id_, rule in rules.items()}


def test_the_exported_files_are_those_of_the_repository(tmp_path: Path) -> None:
    CliRunner().invoke(cli, ["setup", "--export", str(tmp_path)], env={})
    assert (tmp_path / "oom.ndjson").read_text() == SHIPPED
    for path in (assets.dashboards() / "rules").rglob("*.json"):
        assert (tmp_path / "rules" / path.relative_to(assets.dashboards() / "rules")).read_text() == path.read_text()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(cli, ["setup", "--export", str(tmp_path / "file" / "below")], env={})
    assert (result.exit_code, result.stderr) == (
        1,
        f"oom-ingest: {tmp_path}/file/below cannot be written: Not a directory\n",
    )


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"OOM_INGEST_KIBANA__URL": "kibana:5601"}, "must begin with http"),
        ({"OOM_INGEST_KIBANA__URL": "https://elastic:x@kibana"}, "must hold no user or password"),
        ({"OOM_INGEST_KIBANA__URL": "http://kibana", "OOM_INGEST_KIBANA__CA_FILE": "ca.pem"}, "uses no TLS"),
        ({"OOM_INGEST_KIBANA__SPACE": "../x"}, "kibana.space"),
    ],
)
def test_a_wrong_setting_is_named(settings: dict[str, str], said: str) -> None:
    result = CliRunner().invoke(cli, ["setup"], env=settings)
    assert result.exit_code == 2
    assert said in result.stderr
