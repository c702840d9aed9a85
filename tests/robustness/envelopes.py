"""One logged line as each shipper would send it: the record's value, and its key where the value names no host."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.robustness.streams import Logged

Sent = tuple[bytes, bytes | None]

_KERNEL_PRI, _DAEMON_PRI = 4, 30


def rfc3164(line: Logged) -> Sent:
    return _text(f"<{_pri(line)}>{line.at:%b} {line.at.day:2} {line.at:%H:%M:%S} {line.host} {line.tag}: {ring(line)}")


def rfc3164_without_uptime(line: Logged) -> Sent:
    return _text(f"{line.at:%b} {line.at.day:2} {line.at:%H:%M:%S} {line.host} {line.tag}: {line.text}")


def rfc3164_with_caller(line: Logged) -> Sent:
    ring = f"[{_seconds(line)}][{line.caller:>6}] {line.text}" if _kernel(line) else line.text
    return _text(f"<{_pri(line)}>{line.at:%b} {line.at.day:2} {line.at:%H:%M:%S} {line.host} {line.tag}: {ring}")


def rfc5424(line: Logged) -> Sent:
    name, _, pid = line.tag.partition("[")
    data = '[origin software="rsyslogd" x="a\\"]b"]'
    return _text(f"<{_pri(line)}>1 {_iso(line)}Z {line.host} {name} {pid.rstrip(']') or '-'} - {data} {line.text}")


def rsyslog_iso(line: Logged) -> Sent:
    return _text(f"{_iso(line)}+00:00 {line.host} {line.tag}: {ring(line)}")


def dmesg(line: Logged) -> Sent:
    return _keyed(line, ring(line) if _kernel(line) else f"{line.tag}: {line.text}")


def dmesg_t(line: Logged) -> Sent:
    text = f"[{line.at:%a %b} {line.at.day:2} {line.at:%H:%M:%S %Y}] {line.text}"
    return _keyed(line, text if _kernel(line) else f"{line.tag}: {line.text}")


def kmsg(line: Logged) -> Sent:
    escaped = "".join(c if 32 <= ord(c) < 127 and c != "\\" else _escaped(c) for c in line.text)
    return _keyed(line, f"{_pri(line)},17,{line.uptime_us},-,caller={line.caller};{escaped}\n SUBSYSTEM=pci")


def console(line: Logged) -> Sent:
    return _keyed(line, f"{_iso(line)}Z In(05) vcpu-5 - Guest: <6>{ring(line)}")


def cri(line: Logged) -> Sent:
    return _text(
        f"{_iso(line)}Z stderr F {line.at:%b} {line.at.day:2} {line.at:%H:%M:%S} {line.host} {line.tag}: {ring(line)}"
    )


def journald(line: Logged) -> Sent:
    name, _, pid = line.tag.partition("[")
    plain = line.text.isascii() and line.text.isprintable()
    fields: dict[str, Any] = {
        "MESSAGE": line.text if plain else list(line.text.encode()),
        "_HOSTNAME": line.host,
        "__REALTIME_TIMESTAMP": str(int(line.at.timestamp() * 1e6)),
        "_BOOT_ID": f"{line.host}-boot",
        "PRIORITY": str(_pri(line) % 8),
        "SYSLOG_FACILITY": str(_pri(line) // 8),
        "SYSLOG_IDENTIFIER": name,
        "_TRANSPORT": "kernel" if _kernel(line) else "syslog",
    }
    if _kernel(line):
        fields["_SOURCE_MONOTONIC_TIMESTAMP"] = str(line.uptime_us)
    if pid:
        fields["SYSLOG_PID"] = pid.rstrip("]")
    return _json(fields)


def filebeat(line: Logged) -> Sent:
    return _json({
        "@timestamp": f"{_iso(line)[:-3]}Z",
        "message": line.text,
        "host": {"name": line.host, "hostname": line.host, "ip": ["10.0.0.7"]},
        "process": {"name": line.tag.partition("[")[0]},
        "log": {"syslog": {"priority": _pri(line), "facility": {"code": _pri(line) // 8}}},
        "event": {"dataset": "system.syslog"},
        "agent": {"type": "filebeat", "version": "9.5.3"},
    })  # fmt: skip


def elastic_agent_dotted(line: Logged) -> Sent:
    return _json({
        "@timestamp": f"{_iso(line)[:-3]}Z",
        "message": rfc3164(line)[0].decode().partition(">")[2],
        "host.name": line.host,
        "log.file.path": "/var/log/kern.log",
        "agent.type": "filebeat",
        "data_stream.dataset": "system.syslog",
    })  # fmt: skip


def fluent_bit_systemd(line: Logged) -> Sent:
    return _json({
        "MESSAGE": line.text,
        "HOSTNAME": line.host,
        "SYSLOG_IDENTIFIER": line.tag.partition("[")[0],
        "TRANSPORT": "kernel" if _kernel(line) else "syslog",
        "SOURCE_MONOTONIC_TIMESTAMP": str(line.uptime_us),
        "date": line.at.timestamp(),
    })  # fmt: skip


def fluent_bit_kmsg(line: Logged) -> Sent:
    value, _ = _json({
        "priority": _pri(line) % 8, "sequence": 4711, "sec": line.uptime_us // 1_000_000,
        "usec": line.uptime_us % 1_000_000, "msg": line.text if _kernel(line) else f"{line.tag}: {line.text}",
    })  # fmt: skip
    return value, line.host.encode()


def fluentd(line: Logged) -> Sent:
    name, _, pid = line.tag.partition("[")
    return _json({"host": line.host, "ident": name, "pid": pid.rstrip("]"), "message": line.text, "time": _iso(line)})


def vector(line: Logged) -> Sent:
    return _json({
        "appname": line.tag.partition("[")[0],
        "facility": "kern" if _kernel(line) else "daemon",
        "hostname": line.host,
        "message": ring(line),
        "severity": "warning",
        "source_type": "syslog",
        "timestamp": f"{_iso(line)}Z",
    })  # fmt: skip


def logstash(line: Logged) -> Sent:
    return _json({
        "@timestamp": f"{_iso(line)[:-3]}Z", "@version": "1", "logsource": line.host,
        "program": line.tag.partition("[")[0],
        "facility_label": "kernel" if _kernel(line) else "daemon", "severity_label": "Warning", "message": ring(line),
        "timestamp": f"{line.at:%b} {line.at.day:2} {line.at:%H:%M:%S}",
    })  # fmt: skip


def rsyslog_json(line: Logged) -> Sent:
    return _json({
        "msg": f" {ring(line)}",
        "hostname": line.host,
        "syslogtag": f"{line.tag}:",
        "programname": line.tag.partition("[")[0],
        "timereported": f"{_iso(line)}+00:00",
        "syslogfacility-text": "kern" if _kernel(line) else "daemon",
        "syslogseverity": "4",
    })  # fmt: skip


def syslog_ng(line: Logged) -> Sent:
    return _json({
        "PROGRAM": line.tag.partition("[")[0],
        "PRIORITY": "warning",
        "MESSAGE": ring(line),
        "ISODATE": f"{_iso(line)}+00:00",
        "HOST": line.host,
        "FACILITY": "kern" if _kernel(line) else "daemon",
    })  # fmt: skip


def docker(line: Logged) -> Sent:
    inner = rfc3164(line)[0].decode()
    return _json({"log": f"{inner}\n", "stream": "stderr", "time": f"{_iso(line)}123Z"})


ENVELOPES: dict[str, Callable[[Logged], Sent]] = {
    "RFC 3164": rfc3164,
    "RFC 3164 without uptime": rfc3164_without_uptime,
    "RFC 5424": rfc5424,
    "rsyslog ISO": rsyslog_iso,
    "dmesg": dmesg,
    "dmesg -T": dmesg_t,
    "kmsg": kmsg,
    "console": console,
    "CRI": cri,
    "journald JSON": journald,
    "Filebeat JSON": filebeat,
    "Elastic Agent JSON, dotted": elastic_agent_dotted,
    "Fluent Bit systemd": fluent_bit_systemd,
    "Fluent Bit kmsg": fluent_bit_kmsg,
    "Fluentd": fluentd,
    "Vector": vector,
    "Logstash": logstash,
    "rsyslog omkafka JSON": rsyslog_json,
    "syslog-ng JSON": syslog_ng,
    "Docker json-file": docker,
}


def _text(text: str) -> Sent:
    return text.encode(), None


def _keyed(line: Logged, text: str) -> Sent:
    return text.encode(), line.host.encode()


def _json(fields: dict[str, Any]) -> Sent:
    return json.dumps(fields, ensure_ascii=False).encode(), None


def _kernel(line: Logged) -> bool:
    return line.tag == "kernel"


def _pri(line: Logged) -> int:
    return _KERNEL_PRI if _kernel(line) else _DAEMON_PRI


def _seconds(line: Logged) -> str:
    return f"{line.uptime_us // 1_000_000:5}.{line.uptime_us % 1_000_000:06}"


def ring(line: Logged) -> str:
    return f"[{_seconds(line)}] {line.text}" if _kernel(line) else line.text


def _iso(line: Logged) -> str:
    return f"{line.at:%Y-%m-%dT%H:%M:%S.%f}"


def _escaped(character: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in character.encode())
