"""The demo's fleet: what the hosts of a small site logged, in the order of its times.

One log is real: the OpenVZ node EL135 of 2010. The others are made, with fixed times, so that every run of the demo
tells the same story and can be compared with the one before.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from msgspec import Struct

from ingest import assets
from ingest.demo.kernel_lines import Kill, Process, report

_POD = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{uid}.slice"
_POD_UIDS = (
    "1f5c0b62_8d6e_4f0f_9a41_5b5e6c0a7d11",
    "7a1de2c4_03f9_4c27_8a6b_0e9d2f4c1b22",
    "c93b7f10_6e55_4d8a_b1d2_3f7a90e8cd33",
)
_QUIET = timedelta(minutes=10)
_NOISE = "CRON[{pid}]: (root) CMD (test -x /usr/sbin/anacron)"


class Record(Struct, frozen=True):
    """One record of the demo's topic: Kafka's key is the host, its time stamp the time at which the host logged."""

    key: bytes
    value: bytes
    timestamp: datetime


def records() -> list[Record]:
    """Every host's lines, ordered by time; lines of one host keep their order."""
    found = [*_el135(), *_pods(), *_service(), *_machine()]
    return sorted(found, key=lambda record: record.timestamp)


def _el135() -> list[Record]:
    """The real log; its year is known from the question it was posted with."""
    lines = assets.sample("el135.log").read_bytes().splitlines()
    found = []
    for line in lines:
        at = datetime.strptime(f"2010 {line[:15].decode()}", "%Y %b %d %H:%M:%S").replace(tzinfo=UTC)
        found.append(Record(b"el135", line, at))
    return [*found, _noise("EL135", found[-1].timestamp + _QUIET)]


def _pods() -> list[Record]:
    """One image on three nodes, each pod killed again and again at its limit of 512 MiB."""
    found = []
    for number, uid in enumerate(_POD_UIDS, start=1):
        host = f"k8s-node-{number:02d}"
        pod = _POD.format(uid=uid)
        container = f"{pod}/cri-containerd-{number:064x}.scope"
        begin = datetime(2026, 11, 20, 9, 12 * number, 4, tzinfo=UTC)
        for again in range(4):
            victim = Process(
                pid=31_000 + 40 * again, name="node server.js", total_vm=912_000, anon=125_500, score_adj=996
            )
            sidecar = Process(pid=30_500, name="envoy", total_vm=52_000, anon=4_200, score_adj=996)
            kill = Kill(
                trigger="node server.js",
                victim=victim,
                others=(sidecar,),
                task_path=container,
                limit_path=pod,
                limit_kb=524_288,
            )
            found += _logged(host, begin + timedelta(seconds=70 * again), report(kill, 880_000 + 70.0 * again))
        found.append(_noise(host, begin + timedelta(minutes=4) + _QUIET))
    return found


def _service() -> list[Record]:
    """A systemd service over its MemoryMax."""
    begin = datetime(2026, 11, 20, 11, 30, 15, tzinfo=UTC)
    path = "/system.slice/report-builder.service"
    victim = Process(pid=48_211, name="python3", uid=998, total_vm=640_000, anon=261_200)
    kill = Kill(trigger="python3", victim=victim, task_path=path, limit_path=path, limit_kb=1_048_576)
    return [*_logged("web-02", begin, report(kill, 52_341.0)), _noise("web-02", begin + _QUIET)]


def _machine() -> list[Record]:
    """A whole machine out of memory: a small process asks, the database dies."""
    begin = datetime(2026, 11, 20, 14, 2, 51, tzinfo=UTC)
    victim = Process(pid=1_873, name="mysqld", uid=27, total_vm=5_120_000, anon=3_902_000, page_tables=33_554_432)
    others = (
        Process(pid=702, name="systemd-journal", total_vm=12_000, anon=600, score_adj=-250),
        Process(pid=1_455, name="rsyslogd", uid=104, total_vm=56_000, anon=900),
        Process(pid=22_340, name="backup agent", total_vm=240_000, anon=88_000),
    )
    kill = Kill(trigger="backup agent", victim=victim, others=others, task_path="/system.slice/mysql.service")
    return [*_logged("db-01", begin, report(kill, 1_209_600.5)), _noise("db-01", begin + _QUIET)]


def _logged(host: str, at: datetime, kernel_lines: list[str]) -> list[Record]:
    """Kernel lines as rsyslog forwards them, with an everyday line of another program between two of them."""
    stamped = [_record(host, at, f"kernel: {line}") for line in kernel_lines]
    return [stamped[0], _record(host, at, "sshd[811]: Connection closed by 192.0.2.7 port 51022"), *stamped[1:]]


def _noise(host: str, at: datetime) -> Record:
    return _record(host, at, _NOISE.format(pid=4_242))


def _record(host: str, at: datetime, rest: str) -> Record:
    return Record(host.lower().encode(), f"{at:%b} {at.day:2d} {at:%H:%M:%S} {host} {rest}".encode(), at)
