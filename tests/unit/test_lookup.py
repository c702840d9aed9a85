from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ingest import lookup
from ingest.adapters import lookup_files
from ingest.config import ConfigError, LookupSettings, load
from ingest.document._looked_up import looked_up
from ingest.fields import Kind
from ingest.lookup import LONGEST, NO_LOOKUP, HostFacts, Lookup, PodFacts, UserFacts, tables

POD = "a41b2cd5-5451-4bbc-b740-c908d58d652e"
LOG = Path(__file__).parent.parent / "corpus" / "linux" / "pod_memcg.log"


def of_hosts(**owners: str) -> Lookup:
    return tables({name.replace("_", "-"): HostFacts(owner=owner) for name, owner in owners.items()}, {}, {})


# ---------------------------------------------------------------- the value


def test_without_tables_nothing_is_known() -> None:
    assert tables({}, {}, {}) == NO_LOOKUP
    assert (NO_LOOKUP.of_host("db1"), NO_LOOKUP.of_pod(POD), NO_LOOKUP.of_user("0")) == (None, None, None)


@pytest.mark.parametrize(
    ("host", "owner"),
    [
        ("db-1", "exact"),
        ("DB-1", "exact"),
        ("db-2", "first"),
        ("Db-22", "first"),
        ("cache-2", "second"),
        ("web-1.eu.example", "domain"),
        ("web-1.eu.example.org", None),
        ("web-1.example.eu", None),
        ("a.example", "domain"),
        ("xa.b", "class"),
        ("xc.b", None),
        ("web", None),
        ("", None),
    ],
)
def test_exact_names_win_then_the_first_pattern(host: str, owner: str | None) -> None:
    hosts = {"db-*": "first", "*-2*": "second", "DB-1": "exact", "*.Example": "domain", "*[ab].b": "class"}
    found = tables({name: HostFacts(owner=text) for name, text in hosts.items()}, {}, {}).of_host(host)
    assert (found.owner if found else None) == owner


def test_of_one_key_the_first_row_counts() -> None:
    both = tables(
        {"db": HostFacts(owner="a"), "DB": HostFacts(owner="b"), "w*": HostFacts(owner="c"), "W*": HostFacts()},
        {POD: PodFacts(pod="a"), POD.upper(): PodFacts(pod="b")},
        {"0": UserFacts(name="root"), "00": UserFacts(name="toor")},
    )
    assert both.of_host("db") == HostFacts(owner="a")
    assert both.of_host("web") == HostFacts(owner="c")
    assert both.of_pod(POD) == PodFacts(pod="a")
    assert both.of_user("0") == UserFacts(name="root")


@pytest.mark.parametrize("uid", [POD, POD.upper(), POD.replace("-", "_"), POD.replace("-", "")])
def test_a_pod_is_found_however_its_uid_is_written(uid: str) -> None:
    assert tables({}, {uid: PodFacts(pod="web-0")}, {}).of_pod(POD) == PodFacts(pod="web-0")
    assert tables({}, {POD: PodFacts(pod="web-0")}, {}).of_pod(uid) == PodFacts(pod="web-0")


def test_texts_are_cut_and_tables_are_bounded() -> None:
    facts = tables({"h" * 2_000: HostFacts(owner="o" * 2_000, role="")}, {}, {}).of_host("h" * 2_000)
    assert facts == HostFacts(owner="o" * LONGEST)
    with pytest.raises(ValueError, match="more than 200,000 rows"):
        tables({}, {}, {str(uid): UserFacts() for uid in range(lookup.MOST_ROWS + 1)})
    with pytest.raises(ValueError, match="more than 1,000 host patterns"):
        tables({f"{each}*": HostFacts() for each in range(lookup.MOST_PATTERNS + 1)}, {}, {})


def test_every_pattern_up_to_the_bound_is_tried() -> None:
    found = tables({f"rack-{each}-*": HostFacts(owner=str(each)) for each in range(lookup.MOST_PATTERNS)}, {}, {})
    assert [found.of_host(f"rack-{each}-x") for each in (0, 99, 100, 999, 1000)] == [
        HostFacts(owner="0"), HostFacts(owner="99"), HostFacts(owner="100"), HostFacts(owner="999"), None,
    ]  # fmt: skip


def test_the_value_cannot_be_changed() -> None:
    table: Any = of_hosts(db="a")
    with pytest.raises(TypeError):
        table.hosts["web"] = HostFacts()
    with pytest.raises(AttributeError):
        table.hosts = {}


# ---------------------------------------------------------------- in documents

TABLES = tables(
    {"node-7": HostFacts(cluster="prod", role="worker", owner="platform"), "*": HostFacts(owner="nobody")},
    {POD: PodFacts(namespace="shop", pod="web-0", workload="deployment/web")},
    {"0": UserFacts(name="root"), "33": UserFacts(name="www-data")},
)
HOST = {"name": "node-7", "hostname": "node-7"}
WORKER = {"role": "worker", "owner": "platform"}
PROD = {"cluster": {"name": "prod"}}
USERS = {"process": {"user": {"id": "33"}}, "oom": {"trigger": {"user": {"id": "0"}}}}


@pytest.mark.parametrize(
    ("kind", "said", "added"),
    [
        (Kind.KILL, {"host": HOST}, {"orchestrator": PROD, "labels": WORKER}),
        (Kind.EPISODE, {"host": HOST}, {"orchestrator": PROD, "labels": WORKER}),
        (Kind.TASK, {"host": HOST}, {}),
        (Kind.DEADLETTER, {"host": HOST, **USERS}, {}),
        (Kind.REPORT, {"host": {"name": "db1", "hostname": "db1"}}, {"labels": {"owner": "nobody"}}),
        (Kind.REPORT, {"host": {"name": "unknown"}}, {}),
        (Kind.REPORT, {}, {}),
        (Kind.KILL, {"host": HOST, "orchestrator": {"cluster": {"name": "said"}}, "labels": {"owner": "said"}},
         {"labels": {"role": "worker"}}),
        (Kind.KILL, {"host": HOST, "orchestrator": {"cluster": {"id": "c1"}}, "labels": {"role.x": "y"}},
         {"orchestrator": PROD, "labels": WORKER}),
        (Kind.KILL, {"kubernetes": {"pod": {"uid": POD}}},
         {"kubernetes": {"namespace": "shop", "pod": {"name": "web-0"}}, "labels": {"workload": "deployment/web"},
          "orchestrator": {"namespace": "shop", "resource": {"name": "web-0"}}}),
        (Kind.KILL, {"kubernetes": {"namespace": "said", "pod": {"uid": POD, "name": "said-0"}}},
         {"orchestrator": {"namespace": "said", "resource": {"name": "said-0"}},
          "labels": {"workload": "deployment/web"}}),
        (Kind.EPISODE, {"kubernetes": {"pod": {"uid": POD}}, "orchestrator": {"namespace": "said"}},
         {"kubernetes": {"namespace": "shop", "pod": {"name": "web-0"}}, "labels": {"workload": "deployment/web"},
          "orchestrator": {"resource": {"name": "web-0"}}}),
        (Kind.KILL, {"kubernetes": {"pod": {"uid": "0" * 36}}}, {}),
        (Kind.KILL, USERS, {"process": {"user": {"name": "www-data"}}, "oom": {"trigger": {"user": {"name": "root"}}}}),
        (Kind.TASK, {"process": {"user": {"id": "33"}}}, {"process": {"user": {"name": "www-data"}}}),
        (Kind.REPORT, USERS, {"oom": {"trigger": {"user": {"name": "root"}}}}),
        (Kind.KILL, {"process": {"user": {"id": "1000"}}}, {}),
        (Kind.KILL, {"process": {"user": {"id": "0", "name": "said"}}}, {}),
    ],
)  # fmt: skip
def test_the_tables_add_and_never_overwrite(kind: Kind, said: dict[str, Any], added: dict[str, Any]) -> None:
    before = json.dumps(said)
    assert looked_up(said, kind, TABLES) == merged(said, added)
    assert json.dumps(said) == before


def merged(one: Any, two: Any) -> Any:
    """Both trees in one; they share no leaf."""
    if not (isinstance(one, dict) and isinstance(two, dict)):
        raise TypeError(one, two)
    return {**one, **two, **{key: merged(one[key], two[key]) for key in one.keys() & two.keys()}}


def test_what_is_added_stands_behind_what_was_there() -> None:
    found = looked_up({"@timestamp": "x", "host": HOST, "oom": {"family": "linux"}}, Kind.KILL, TABLES)
    assert list(found) == ["@timestamp", "host", "oom", "orchestrator", "labels"]


# ---------------------------------------------------------------- files


def write(folder: Path, name: str, text: str | bytes) -> str:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


HOSTS = tables({"db1": HostFacts(cluster="prod", owner="data, eu"), "web-*": HostFacts(role="no")}, {}, {})
USER = tables({}, {}, {"33": UserFacts(name="www-data"), "1000": UserFacts()})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", 'host,cluster,role,owner\ndb1,prod,,"data, eu"\nweb-*,,no,\n'),
        ("a.CSV", '\ufeffOwner,HOST, role ,cluster\r\n"data, eu", DB1 ,, prod\r\n\r\n,,,\r\n,web-*,no\r\n'),
        ("a.yaml", "- {host: db1, cluster: prod, role: ~, owner: 'data, eu'}\n- {host: web-*, role: no}\n"),
        ("a.yml",
         "\ufeff---\n- host: DB1\n  Cluster: !!str prod\n  role:\n  owner: data, eu\n- role: no\n  host: web-*"),
        ("b.yaml", "db1:\n  cluster: prod\n  role:\n  owner: data, eu\nweb-*: {role: no}\n"),
    ],
)  # fmt: skip
def test_csv_and_yaml_say_the_same(tmp_path: Path, name: str, text: str) -> None:
    assert lookup_files.load(LookupSettings(hosts=write(tmp_path, name, text))) == HOSTS


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "uid,name\n33,www-data\n1000,\n"),
        ("a.yaml", "[{uid: 33, name: www-data}, {uid: 1000}]"),
        ("b.yaml", "33: {name: www-data}\n01000: {}\n"),
    ],
)
def test_numbers_are_read_as_they_are_written(tmp_path: Path, name: str, text: str) -> None:
    assert lookup_files.load(LookupSettings(users=write(tmp_path, name, text))) == USER


@pytest.mark.parametrize(("name", "text"), [("a.csv", "uid,pod\n"), ("a.yaml", "[]"), ("b.yaml", "{}")])
def test_a_table_may_have_no_rows(tmp_path: Path, name: str, text: str) -> None:
    assert lookup_files.load(LookupSettings(pods=write(tmp_path, name, text))) == NO_LOOKUP


def test_no_file_and_an_empty_setting_are_no_tables() -> None:
    assert lookup_files.load(LookupSettings(hosts="")) == NO_LOOKUP


LISTED = "host, cluster, role, owner"
WRONG: list[tuple[str, str | bytes, str]] = [
    ("a.txt", "", "{} is neither CSV nor YAML by its name; let it end in .csv, .yaml or .yml"),
    ("a.csv", "", "{} is empty; begin it with the line host,cluster,role,owner"),
    ("a.csv", "\n \n", "{} is empty; begin it with the line host,cluster,role,owner"),
    ("a.csv", "host,ownr\n", "line 1 of {} has the unknown column 'ownr'; did you mean 'owner'?"),
    ("a.csv", "host,x,y\n", f"line 1 of {{}} has the unknown columns 'x', 'y'; known are {LISTED}"),
    ("a.csv", "host;role\n", "line 1 of {} has no commas between its columns; write it as host,cluster,role,owner"),
    ("a.csv", "\nrole,owner\n", "line 2 of {} has no column 'host'; add it"),
    ("a.csv", "host,role,role\n", "line 1 of {} has the column 'role' twice; keep one"),
    ("a.csv", "host\na,b\n", "line 2 of {} has more cells (2) than columns (1); put a text with commas in quotes"),
    ("a.csv", "host,role\na,b\n\n,c\n", "line 4 of {} has no host; write it, or remove the row"),
    ("a.csv", 'host,role\na,"b\nc"\nA,d\n', "line 4 of {} has the host 'a' of line 2 again; remove one of the two"),
    ("a.csv", "host\nw*\nW*\n", "line 3 of {} has the host 'w*' of line 2 again; remove one of the two"),
    ("a.csv", 'host\na\n"b\nc\n',
     "line 3 of {} is not CSV; put a text with quotes in quotes and double those in it: unexpected end of data"),
    ("a.csv", b"host,owner\na,b\nb,J\xfcrgen\n", "line 3 of {} is not UTF-8; save the file as UTF-8"),
    ("a.yaml", b"- {host: \xff}", "line 1 of {} is not UTF-8; save the file as UTF-8"),
    ("a.yaml", "# nothing\n", f"{{}} is empty; write a list of objects with {LISTED}, or [] for none"),
    ("a.yaml", "---\n", f"{{}} is empty; write a list of objects with {LISTED}, or [] for none"),
    ("a.yaml", "\ndb1\n", f"line 2 of {{}} is no table; write a list of objects with {LISTED}"),
    ("a.yaml", "- db1\n", f"line 1 of {{}} has no object; write {{{{host: ...}}}} with any of {LISTED}"),
    ("a.yaml", "db1: prod\n",
     "line 1 of {} has no object; write {{cluster: ...}} with any of cluster, role, owner"),
    ("a.yaml", "- host: a\n- hots: b\n", "line 2 of {} has the unknown column 'hots'; did you mean 'host'?"),
    ("a.yaml", "a: {host: b}\n", "line 1 of {} has the unknown column 'host'; known are cluster, role, owner"),
    ("a.yaml", "- {host: a,\n   role: b, role: c}\n", "line 2 of {} has the column 'role' twice; keep one"),
    ("a.yaml", "- host: a\n- role: b\n", "line 2 of {} has no host; write it, or remove the row"),
    ("a.yaml", "~: {role: a}\n", "line 1 of {} has no host; write it, or remove the row"),
    ("a.yaml", "a: {}\nA: {}\n", "line 2 of {} has the host 'a' of line 1 again; remove one of the two"),
    *(
        ("a.yaml", f"- host: {text}\n",
         "line 1 of {} has no plain text for host; write a text or a number, no list or tag")
        for text in ("[a]", "{a: b}", "!env A", "!!python/name:os.system a", "!!python/tuple [a]")
    ),
    ("a.yaml", "- host: a\n  role: &r b\n- host: b\n  role: *r\n",
     "line 4 of {} has an alias for role; put quotes around *r, or write the text out"),
    ("a.yaml", "- host: *web\n", "line 1 of {} has an alias for host; put quotes around *web, or write the text out"),
    ("a.yaml", "- &a {host: a}\n- {<<: *a}\n", f"line 2 of {{}} has the unknown column '<<'; known are {LISTED}"),
    ("a.yaml", "[]\n---\n[]\n", "line 2 of {} begins another document; keep one in a file"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "said"), WRONG)
def test_what_is_wrong_with_a_table_is_one_sentence(tmp_path: Path, name: str, text: str | bytes, said: str) -> None:
    file = write(tmp_path, name, text)
    with pytest.raises(ConfigError) as caught:
        lookup_files.load(LookupSettings(hosts=file))
    assert str(caught.value) == said.format(f"the lookup table {file}")


@pytest.mark.parametrize(
    "text",
    [
        "- {host: a",
        "- host: a: b",
        "a: {}\n  b",
        "%x",
        "- host: *.example.com",
        '- "\\ud800',
        "- host: \x00",
        "[" * 9_999,
    ],
)
def test_what_is_not_yaml_is_one_sentence(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match=r"a\.yaml is not YAML; mend or quote what is there: [^\n]+$"):
        lookup_files.load(LookupSettings(hosts=write(tmp_path, "a.yaml", text)))


@pytest.mark.parametrize("uid", ["root", "-2", "1.5", "0x10", "²"])
def test_a_uid_is_a_number(tmp_path: Path, uid: str) -> None:
    file = write(tmp_path, "users.csv", f"name,uid\na,{uid}\n")
    with pytest.raises(ConfigError) as caught:
        lookup_files.load(LookupSettings(users=file))
    said = f"line 2 of the lookup table {file} has the uid {uid!r}; write the number of the user"
    assert str(caught.value) == said


def test_a_user_without_a_uid_is_not_root(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"line 2 of .* has no uid; write it, or remove the row"):
        lookup_files.load(LookupSettings(users=write(tmp_path, "users.csv", "uid,name\n,root\n")))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"the lookup table nowhere\.csv cannot be read: No such file or directory"):
        lookup_files.load(LookupSettings(pods="nowhere.csv"))
    folder = tmp_path / "a.csv"
    folder.mkdir()
    with pytest.raises(ConfigError, match=r"a\.csv cannot be read: Is a directory"):
        lookup_files.load(LookupSettings(pods=str(folder)))


def test_files_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [f"h{each}" for each in range(lookup.MOST_ROWS)]
    file = write(tmp_path, "hosts.csv", "\n".join(["host", *rows]))
    assert len(lookup_files.load(LookupSettings(hosts=file)).hosts) == lookup.MOST_ROWS
    write(tmp_path, "hosts.csv", "\n".join(["host", *rows, "more"]))
    with pytest.raises(ConfigError, match=r"line 200002 of .* is one row too many; keep at most 200,000"):
        lookup_files.load(LookupSettings(hosts=file))
    write(tmp_path, "hosts.csv", "\n".join(["host", *(f"{each}*" for each in range(1_001))]))
    with pytest.raises(ConfigError, match=r"line 1002 of .* too many; keep at most 1,000 hosts with a \*"):
        lookup_files.load(LookupSettings(hosts=file))
    monkeypatch.setattr(lookup_files, "_MOST_BYTES", 4 << 10)
    with pytest.raises(ConfigError, match="is larger than 0 MiB; keep only the rows that are needed"):
        lookup_files.load(LookupSettings(hosts=file))


# ---------------------------------------------------------------- settings and command


def test_files_are_set_in_toml_and_in_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('[lookup]\nhosts = "hosts.csv"\npods = "pods.yaml"\n')
    settings = load(file, {"OOM_INGEST_LOOKUP__HOSTS": "a,b.csv", "OOM_INGEST_LOOKUP__USERS": "users.csv"})
    assert settings.lookup == LookupSettings(hosts="a,b.csv", pods="pods.yaml", users="users.csv")
    with pytest.raises(ConfigError, match="did you mean 'hosts'"):
        load(None, {"OOM_INGEST_LOOKUP__HOST": "x"})


def test_parse_adds_what_the_tables_know(tmp_path: Path) -> None:
    hosts = write(tmp_path, "hosts.csv", "host,cluster,owner\nnode-*,prod,platform\n")
    pods = write(tmp_path, "pods.yaml", f"{POD}: {{namespace: shop, pod: web-0, workload: deployment/web}}\n")
    users = write(tmp_path, "users.csv", "uid,name\n0,root\n")
    config = tmp_path / "settings.toml"
    config.write_text(f'[lookup]\nhosts = "{hosts}"\npods = "{pods}"\nusers = "{users}"\n')
    found = parse("--config", str(config), "--recorded-at", "2026-11-22", str(LOG))
    for kind in ("kill", "report", "episode"):
        document = found[kind]
        assert document["labels"] == {"owner": "platform", "workload": "deployment/web"}
        assert document["kubernetes"] == {"namespace": "shop", "pod": {"uid": POD, "name": "web-0"}}
        assert document["orchestrator"] == {
            "type": "kubernetes",
            "cluster": {"name": "prod"},
            "namespace": "shop",
            "resource": {"type": "pod", "id": POD, "name": "web-0"},
        }
    assert found["kill"]["process"]["user"] == found["task"]["process"]["user"] == {"id": "0", "name": "root"}
    assert found["task"].keys() & {"labels", "orchestrator", "kubernetes"} == set()


def test_parse_without_tables_adds_nothing() -> None:
    found = parse("--recorded-at", "2026-11-22", str(LOG))
    assert "labels" not in found["kill"]


def parse(*arguments: str) -> dict[str, dict[str, Any]]:
    command = [sys.executable, "-m", "ingest", "parse", *arguments]
    done = subprocess.run(command, capture_output=True, timeout=60, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {line["_index"].split("-")[1]: line["_source"] for line in lines}


def test_a_wrong_table_stops_parse_with_its_sentence(tmp_path: Path) -> None:
    config = tmp_path / "settings.toml"
    config.write_text(f'[lookup]\nhosts = "{write(tmp_path, "hosts.csv", "hots")}"\n')
    command = [sys.executable, "-m", "ingest", "parse", "--config", str(config), str(LOG)]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"hosts.csv has the unknown column 'hots'; did you mean 'host'?" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_pyyaml_is_imported_for_yaml_only(tmp_path: Path) -> None:
    file = write(tmp_path, "hosts.csv", "host\na\n")
    code = (
        "import sys, ingest.cli.parse\n"
        "from ingest.adapters import lookup_files\n"
        "from ingest.config import LookupSettings\n"
        "lookup_files.load(LookupSettings(hosts=sys.argv[1]))\n"
        "print('yaml' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, file], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
