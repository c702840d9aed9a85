from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.envelope import Envelope, Read, Unreadable
from ingest.model import Origin, Raw, TimeSource

HINT = datetime(2026, 11, 22, 12, tzinfo=UTC)
OOM = "perl invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0"
UPTIME = 539_381_100_000
RING = f"[539381.100000] {OOM}"
LINE = f"Nov 22 10:15:02 Node-7 kernel: {RING}"
BOOT = "4f1d6a0c5d8e4f0f9a0b3c2d1e0f9a8b"

JOURNALD: dict[str, Any] = {
    "MESSAGE": OOM, "_HOSTNAME": "Node-7", "__REALTIME_TIMESTAMP": "1795342502123456",
    "__MONOTONIC_TIMESTAMP": "539381100999", "_SOURCE_MONOTONIC_TIMESTAMP": "539381100000", "_BOOT_ID": BOOT,
    "_TRANSPORT": "kernel", "SYSLOG_IDENTIFIER": "kernel", "PRIORITY": "4", "SYSLOG_FACILITY": "0",
}  # fmt: skip
FLUENT_BIT = {name: value for name, value in JOURNALD.items() if not name.startswith("__")} | {"date": 1795342502.5}
FILEBEAT_JOURNALD: dict[str, Any] = {
    "@timestamp": "2026-11-22T10:15:02.123Z", "message": OOM, "host": {"hostname": "Node-7", "name": "node-7.example"},
    "systemd": {"transport": "kernel"}, "syslog": {"identifier": "kernel", "facility": 0, "priority": 4},
    "journald": {"host": {"boot_id": BOOT}}, "log": {"syslog": {"facility": {"code": 0}, "priority": 4}},
}  # fmt: skip
SHIPPERS: dict[str, dict[str, Any]] = {
    "journald": JOURNALD,
    "Filebeat journald": FILEBEAT_JOURNALD,
    "Filebeat syslog": {
        "@timestamp": "2026-11-22T10:15:02.123Z", "message": RING, "host": {"name": "collector"},
        "log": {"syslog": {"hostname": "Node-7", "appname": "kernel", "priority": 4, "facility": {"code": 0}}},
    },
    "Elastic Agent": {
        "@timestamp": "2026-11-22T10:15:03.000Z", "message": LINE, "host.hostname": "node-7",
        "log.file.path": "/var/log/kern.log", "data_stream.dataset": "system.syslog", "event.dataset": "system.syslog",
    },
    "Fluent Bit systemd": FLUENT_BIT,
    "Fluent Bit systemd, no underscores": {name.removeprefix("_"): value for name, value in FLUENT_BIT.items()},
    "Fluent Bit systemd, lower case": {name.lower(): value for name, value in FLUENT_BIT.items()},
    "Fluent Bit systemd, both": {name.removeprefix("_").lower(): value for name, value in FLUENT_BIT.items()},
    "Fluent Bit kmsg": {
        "date": 1795342502.5, "priority": 4, "sequence": 4711, "sec": 539381, "usec": 100000, "msg": OOM,
    },
    "Fluent Bit syslog": {
        "@timestamp": "2026-11-22T10:15:02.000Z", "pri": "4", "time": "Nov 22 10:15:02", "host": "Node-7",
        "ident": "kernel", "message": RING,
    },
    "Fluentd kubernetes": {
        "log": f"{RING}\n", "stream": "stderr", "time": "2026-11-22T10:15:02.123456789Z",
        "kubernetes": {"host": "Node-7", "pod_name": "dmesg-x7k2p", "namespace_name": "kube-system"},
    },
    "Vector syslog": {
        "appname": "kernel", "facility": "kern", "severity": "warning", "hostname": "Node-7", "host": "Node-7",
        "source_ip": "10.0.0.7", "source_type": "syslog", "message": RING, "timestamp": "2026-11-22T10:15:02.123456Z",
    },
    "Vector journald": {
        **{name: value for name, value in JOURNALD.items() if name not in ("MESSAGE", "_HOSTNAME")},
        "message": OOM, "host": "Node-7", "source_type": "journald", "timestamp": "2026-11-22T10:15:02.123456Z",
    },
    "Logstash": {
        "@timestamp": "2026-11-22T10:15:02.000Z", "@version": "1", "message": RING, "event": {"original": f"<4>{LINE}"},
        "host": {"hostname": "Node-7", "ip": "10.0.0.7"}, "process": {"name": "kernel"},
        "log": {"syslog": {"facility": {"code": 0, "name": "kernel"}, "priority": 4}},
    },
    "Logstash legacy": {
        "@timestamp": "2026-11-22T10:15:02.000Z", "@version": "1", "host": "10.0.0.7", "logsource": "Node-7",
        "program": "kernel", "facility": 0, "facility_label": "kernel", "priority": 4, "severity_label": "Warning",
        "message": RING, "timestamp": "Nov 22 10:15:02",
    },
    "rsyslog jsonmesg": {
        "msg": f" {RING}", "rawmsg": f"<4>{LINE}", "timereported": "2026-11-22T11:15:02.123456+01:00",
        "hostname": "Node-7", "syslogtag": "kernel:", "inputname": "imudp", "fromhost": "relay",
        "pri": "4", "syslogfacility": "0", "syslogseverity": "4", "timegenerated": "2026-11-22T11:15:03.000001+01:00",
        "programname": "kernel", "fromhost-ip": "10.0.0.1", "app-name": "kernel",
        "protocol-version": "0", "structured-data": "-", "procid": "-", "msgid": "-", "uuid": None, "$!": None,
    },
    "rsyslog StdJSONFmt": {
        "message": f" {RING}", "fromhost": "Node-7", "facility": "kern", "priority": "warning",
        "timereported": "2026-11-22T10:15:02.123456+00:00", "timegenerated": "2026-11-22T10:15:03+00:00",
    },
    "syslog-ng": {
        "PROGRAM": "kernel", "PRIORITY": "warning", "MESSAGE": RING, "ISODATE": "2026-11-22T11:15:02+01:00",
        "HOST": "Node-7", "FACILITY": "kern",
    },
    "Google Cloud journal": {
        "insertId": "a1", "logName": "projects/p/logs/kernel", "timestamp": "2026-11-22T10:15:02.123456Z",
        "receiveTimestamp": "2026-11-22T10:15:09Z", "resource": {"type": "k8s_node", "labels": {"node_name": "Node-7"}},
        "jsonPayload": {"MESSAGE": RING, "SYSLOG_IDENTIFIER": "kernel", "_HOSTNAME": "Node-7", "_TRANSPORT": "kernel"},
    },
    "Google Cloud text": {
        "insertId": "a1", "timestamp": "2026-11-22T10:15:09Z", "textPayload": LINE,
        "resource": {"type": "gce_instance", "labels": {"instance_id": "77"}},
    },
    "Google Cloud serial port": {
        "insertId": "a1", "timestamp": "2026-11-22T10:15:02.5Z", "textPayload": f"kernel: {RING}",
        "labels": {"compute.googleapis.com/resource_name": "Node-7"}, "resource": {"labels": {"instance_id": "77"}},
    },
    "Azure Monitor": {
        "TimeGenerated": "2026-11-22T10:15:02.123Z", "Computer": "Node-7", "Facility": "kern", "SeverityLevel": "err",
        "SyslogMessage": RING, "ProcessName": "kernel", "HostIP": "10.0.0.7", "Type": "Syslog",
    },
    "Splunk": {
        "preview": False, "result": {"_raw": LINE, "_time": "2026-11-22T10:15:02.000+00:00", "host": "Node-7"},
    },
    "Datadog": {
        "id": "A", "type": "log", "attributes": {
            "timestamp": "2026-11-22T10:15:02.123Z", "host": "Node-7", "message": f"kernel: {RING}", "tags": ["a:b"]},
    },
    "logcli jsonl": {
        "labels": {"job": "journal", "hostname": "Node-7"}, "line": f"kernel: {RING}",
        "timestamp": "2026-11-22T10:15:02.123456789Z",
    },
    "Kubernetes event": {
        "verb": "ADDED", "event": {
            "reason": "OOMKilling", "message": f"kernel: {RING}", "involvedObject": {"kind": "Node", "name": "node-7"},
            "source": {"component": "kernel-monitor", "host": "Node-7"}, "lastTimestamp": "2026-11-22T10:15:02Z"},
    },
    "Docker json-file": {"log": f"<4>{LINE}\n", "stream": "stderr", "time": "2026-11-22T10:15:03.123456789Z"},
}  # fmt: skip

ISO, SYSLOG, SHIPPER = TimeSource.ISO, TimeSource.SYSLOG, TimeSource.SHIPPER
TIMES: dict[str, tuple[str, TimeSource]] = {
    "journald": ("10:15:02.123456", TimeSource.JOURNALD),
    "Filebeat journald": ("10:15:02.123", SHIPPER),
    "Filebeat syslog": ("10:15:02.123", SHIPPER),
    "Elastic Agent": ("10:15:02", SYSLOG),
    "Fluent Bit systemd": ("10:15:02.5", SHIPPER),
    "Fluent Bit kmsg": ("10:15:02.5", SHIPPER),
    "Fluent Bit syslog": ("10:15:02", SHIPPER),
    "Fluentd kubernetes": ("10:15:02.123456", SHIPPER),
    "Vector syslog": ("10:15:02.123456", ISO),
    "Vector journald": ("10:15:02.123456", TimeSource.JOURNALD),
    "Logstash": ("10:15:02", SHIPPER),
    "Logstash legacy": ("10:15:02", SYSLOG),
    "rsyslog jsonmesg": ("10:15:02.123456", ISO),
    "rsyslog StdJSONFmt": ("10:15:02.123456", ISO),
    "syslog-ng": ("10:15:02", ISO),
    "Google Cloud journal": ("10:15:02.123456", ISO),
    "Google Cloud text": ("10:15:02", SYSLOG),
    "Google Cloud serial port": ("10:15:02.5", ISO),
    "Azure Monitor": ("10:15:02.123", SHIPPER),
    "Splunk": ("10:15:02", SYSLOG),
    "Datadog": ("10:15:02.123", ISO),
    "logcli jsonl": ("10:15:02.123456", ISO),
    "Kubernetes event": ("10:15:02", SHIPPER),
    "Docker json-file": ("10:15:02", SYSLOG),
}
WITH_BOOT = ("journald", "Filebeat journald", "Fluent Bit systemd", "Vector journald")


def sent(value: Any, host: str | None = None) -> Read | Unreadable:
    text = value if isinstance(value, str) else json.dumps(value)
    return Envelope().read(Raw(Origin("t", 0, 1), text.encode(), HINT, host))


def read(value: Any, host: str | None = None) -> Read:
    found = sent(value, host)
    assert isinstance(found, Read)
    return found


@pytest.mark.parametrize("shipper", SHIPPERS)
def test_every_shipper_says_the_same_of_a_kernel_line(shipper: str) -> None:
    found = read(SHIPPERS[shipper], "Node-7" if shipper == "Fluent Bit kmsg" else None)
    line = found.whole
    assert (line.host.name, line.host.hostname) == ("node-7", "Node-7")
    assert line.tag == (None if shipper == "Fluentd kubernetes" else "kernel")
    assert line.uptime_us == (None if shipper == "Filebeat journald" else UPTIME)
    assert line.boot == (BOOT if shipper.startswith(WITH_BOOT) else None)
    assert (line.text, found.parts, found.partial) == (OOM, (), False)


@pytest.mark.parametrize("shipper", SHIPPERS)
def test_the_best_time_of_a_record_counts_and_says_whose_it_is(shipper: str) -> None:
    when = read(SHIPPERS[shipper]).whole.when
    clock, source = TIMES[shipper.partition(", ")[0]]
    assert (when.at, when.source) == (datetime.fromisoformat(f"2026-11-22T{clock}+00:00"), source)
    assert (when.year_inferred, when.zone_inferred) == ((True, True) if source is SYSLOG else (False, False))


@pytest.mark.parametrize(
    ("message", "text", "parts"),
    [
        (OOM, OOM, []),
        (list(b"caf\xc3 invoked\n"), "caf\\xc3 invoked", []),
        (list(b"one\ntwo"), "one\ntwo", ["one", "two"]),
        (["one", "two"], "one\ntwo", ["one", "two"]),
        (["one", list(b"tw\xc3\xb6")], "one\ntwö", ["one", "twö"]),
    ],
)
def test_the_journal_gives_a_message_as_text_as_bytes_or_twice(message: Any, text: str, parts: list[str]) -> None:
    found = read(JOURNALD | {"MESSAGE": message})
    assert (found.whole.text, [part.text for part in found.parts]) == (text, parts)
    assert {(part.host.name, part.uptime_us) for part in found.parts} <= {("node-7", UPTIME)}


OF_A_NODE = json.dumps({"host": "Node-7", "ident": "kernel", "message": RING, "az": "us-west-2d"})


@pytest.mark.parametrize(
    "record",
    [
        {"timestamp": 1795342502123, "message": OF_A_NODE, "logStreamName": "node-7-host.messages"},
        f"2026-11-22T10:15:02.123000+00:00 node-7-host.messages {OF_A_NODE}",
        f"2026-11-22T10:15:02.123Z {OF_A_NODE}",
    ],
)
def test_what_an_agent_wrote_of_the_kernel_is_read_out_of_what_passed_it_on(record: Any) -> None:
    line = read(record).whole
    assert (line.host.name, line.tag, line.text, line.uptime_us) == ("node-7", "kernel", OOM, UPTIME)
    assert line.when.at == datetime(2026, 11, 22, 10, 15, 2, 123000, UTC)


def test_what_a_program_writes_as_an_object_is_its_own_affair() -> None:
    own = json.dumps({"level": "info", "msg": OOM})
    assert read(f"2026-11-22T10:15:02Z node-7 {own}").whole.text.endswith(own)
    assert read({"log": own, "time": "2026-11-22T10:15:02Z"}).whole.text == own


@pytest.mark.parametrize("name", ["result", "event", "content", "attributes", "jsonPayload"])
def test_what_an_object_says_itself_counts_more_than_what_it_holds_beside(name: str) -> None:
    line = read(JOURNALD | {name: {"message": "another", "host": "elsewhere", "_HOSTNAME": "elsewhere"}}).whole
    assert (line.host.name, line.text) == ("node-7", OOM)


@pytest.mark.parametrize("message", [None, [], [1, 300], [{"a": 1}], [[["x"]]], 7])
def test_a_message_that_is_no_text_is_refused(message: Any) -> None:
    found = sent(JOURNALD | {"MESSAGE": message})
    assert isinstance(found, Unreadable)
    assert found.code == "no_message"


@pytest.mark.parametrize(
    "record",
    [
        {"MESSAGE": "[1.5] x", "SYSLOG_IDENTIFIER": "earlyoom", "_TRANSPORT": "stdout", "SYSLOG_FACILITY": "3"},
        {"message": "[1.5] x", "systemd": {"transport": "stdout"}, "syslog": {"identifier": "earlyoom", "facility": 3}},
        {"msg": "[1.5] x", "syslogtag": "earlyoom[811]:", "hostname": "h"},
        {"message": "[1.5] x", "process.name": "earlyoom", "log.syslog.facility.code": 3, "host.name": "h"},
        {"message": "[1.5] x", "ident": "earlyoom", "pid": "811", "host": "h"},
    ],
)  # fmt: skip
def test_the_words_of_a_daemon_are_left_as_they_are(record: dict[str, Any]) -> None:
    line = read(record).whole
    assert (line.tag, line.text, line.uptime_us) == ("earlyoom", "[1.5] x", None)


@pytest.mark.parametrize("field", ["__REALTIME_TIMESTAMP", "_SOURCE_MONOTONIC_TIMESTAMP", "pri", "sec"])
@pytest.mark.parametrize("value", ["²", "9" * 400, "9" * 5000, int("9" * 400), -1, "0001-01-01T00:00:00+23:00"])
def test_a_number_that_is_none_costs_nothing_but_itself(field: str, value: Any) -> None:
    known = {"_TRANSPORT": None if field == "pri" else "kernel", "SYSLOG_FACILITY": None}
    line = read(JOURNALD | known | {field: value}).whole
    assert (line.host.name, line.tag, line.text) == ("node-7", "kernel", OOM)
    assert (line.when.source is TimeSource.KAFKA) == (field == "__REALTIME_TIMESTAMP")


KMSG = "4,17,539381100000,-"
SD = r'[origin@1 software="rsyslogd" x="a\"b\]c"][meta k=""]'


@pytest.mark.parametrize(
    ("text", "host", "tag", "uptime", "caller", "message"),
    [
        (rf"{KMSG};a \x5c (caf\xc3\xa9)" + "\n SUBSYSTEM=pci\n X=y", None, "kernel", UPTIME, None, r"a \ (café)"),
        (rf"{KMSG};cut in caf\xc3", None, "kernel", UPTIME, None, r"cut in caf\xc3"),
        (rf"{KMSG},caller=T1234;one\x0atwo", None, "kernel", UPTIME, "T1234", "one\ntwo"),
        ("6,1,5,c,caller=C0,later=1;[  811]     0   811 x", None, "kernel", 5, "C0", "[  811]     0   811 x"),
        (r"12,18,5,-;oomd kill: 1.00 0.50 \x5cx", None, None, 5, None, r"oomd kill: 1.00 0.50 \x"),
        (f"<4>1 2026-11-22T10:15:02Z h kernel - - {SD} \ufeff{RING}", "h", "kernel", UPTIME, None, OOM),
        ("<30>1 2026-11-22T10:15:02Z h earlyoom 811 ID7 - [1.5] x", "h", "earlyoom", None, None, "[1.5] x"),
        ("<4>1 - - - - - - [1.500000][    C3] x", None, "kernel", 1_500_000, "C3", "x"),
        (f"2026-11-22T10:15:02.1Z stderr F {LINE}", "node-7", "kernel", UPTIME, None, OOM),
        (f"2026-11-22T10:15:02.123456789+01:00 stdout P {RING}", None, None, UPTIME, None, OOM),
        (f"2023-12-04T10:49:30.127Z In(05) vcpu-5 - Guest: <6>{RING}", None, None, UPTIME, None, OOM),
        ("11-22 10:15:02.123  1234  5678 I lowmemorykiller: Kill 'x'", None, "lowmemorykiller", None, None, "Kill 'x'"),
        ("I/lowmemorykiller( 1234): Kill 'x'", None, "lowmemorykiller", None, None, "Kill 'x'"),
        (f"[Sun Nov 22 10:15:02 2026] {OOM}", None, None, None, None, OOM),
        (f"[Nov22 10:15] {OOM}", None, None, None, None, OOM),
        (f"kern  :warn  : {RING}", None, None, UPTIME, None, OOM),
        (f"[  +0.000012] {OOM}", None, None, None, None, OOM),
        (f"[539381.100000] Node-7 kernel: {OOM}", "node-7", "kernel", UPTIME, None, OOM),
        ("[539381.100000] h earlyoom[811]: low memory!", "h", "earlyoom", UPTIME, None, "low memory!"),
        ("[539381.100000] systemd[1]: x", None, None, UPTIME, None, "systemd[1]: x"),
        (f"[2-3219.1870] {OOM}", None, None, 3_219_187_000, "C2", OOM),
    ],
)  # fmt: skip
def test_text_of_every_kind_gives_up_its_prefixes(
    text: str, host: str | None, tag: str | None, uptime: int | None, caller: str | None, message: str
) -> None:
    found = read(text)
    line = found.whole
    assert (line.host.name, line.tag, line.uptime_us, line.caller) == (host or "unknown", tag, uptime, caller)
    assert (line.text, [part.text for part in found.parts]) == (message, message.split("\n") if "\n" in message else [])


@pytest.mark.parametrize(
    ("text", "at", "source", "year", "zone"),
    [
        (f"{KMSG};x", "2026-11-22T12:00:00", TimeSource.KAFKA, True, True),
        ("<4>1 2026-11-22T11:15:02.5+01:00 h kernel - - - x", "2026-11-22T10:15:02.5", ISO, False, False),
        ("2026-11-22T10:15:02.123456789Z stderr F x", "2026-11-22T10:15:02.123456", SHIPPER, False, False),
        (f"2026-11-22T10:15:03Z stderr F {LINE}", "2026-11-22T10:15:02", SYSLOG, True, True),
        ("2023-12-04T10:49:30.127Z In(05) vcpu-5 - Guest: <6>x", "2023-12-04T10:49:30.127", ISO, False, False),
        ("11-23 10:15:02.123  1 2 I lowmemorykiller: x", "2026-11-23T10:15:02.123", SYSLOG, True, True),
        ("[Sun Nov 22 10:15:02 2026] x", "2026-11-22T10:15:02", TimeSource.DMESG, False, True),
        ("[Nov 2 10:15] x", "2026-11-02T10:15:00", TimeSource.DMESG, True, True),
        ("2026-11-22T11:15:02,123456+01:00 x", "2026-11-22T10:15:02.123456", ISO, False, False),
    ],
)
def test_text_of_every_kind_says_how_far_its_time_is_known(
    text: str, at: str, source: TimeSource, year: bool, zone: bool
) -> None:
    when = read(text).whole.when
    assert (when.at, when.source) == (datetime.fromisoformat(f"{at}+00:00"), source)
    assert (when.year_inferred, when.zone_inferred) == (year, zone)


def test_the_time_of_talos_json_lines_counts() -> None:
    record = {
        "clock": 6252819, "facility": "kern", "msg": OOM, "priority": "warning", "seq": 711, "talos-level": "warn",
        "talos-time": "2026-11-22T10:15:02.912786Z",
    }  # fmt: skip
    found = Envelope().read(Raw(Origin("t", 0, 1), json.dumps(record).encode(), HINT))
    assert isinstance(found, Read)
    assert (found.whole.text, found.whole.tag) == (OOM, "kernel")
    assert found.whole.when.at == datetime(2026, 11, 22, 10, 15, 2, 912786, tzinfo=UTC)
    assert found.whole.when.from_line
