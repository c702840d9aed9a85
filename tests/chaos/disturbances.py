"""Every disturbance of the table: what is done to a run while its workers read, and how often."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from tests.chaos.proxy import Fault, Request, Status
from tests.chaos.run import Run, wait
from tests.chaos.worker import Worker, until

Does = Callable[[Run, "Scale"], int]

_KEY = "a2V5OnNlY3JldA=="
_LEFT_WITHIN = 60.0


@dataclass(frozen=True)
class Scale:
    """How hard a run is.

    Args:
        kills: Kills in the traffic.
        restarts: SIGKILLs, and SIGTERMs.
        changes: Workers that are killed or added.
        faults: Requests that are broken on their way.
        outage: Seconds for which a server is away.
        pace: Seconds over which the traffic comes where workers come and go; three times that where servers do.
    """

    kills: int
    restarts: int
    changes: int
    faults: int
    outage: float
    pace: float


@dataclass(frozen=True)
class Disturbance:
    """A row. ``does`` disturbs the run and returns how often it did."""

    name: str
    does: Does


def undisturbed(run: Run, scale: Scale) -> int:
    """One worker, nothing else."""
    del scale
    run.traffic.send(run.stack.kafka.bootstrap, run.name)
    run.start()
    return 0


def _killed(run: Run, scale: Scale) -> int:
    """SIGKILL at random moments of two workers that keep their names."""
    sending = run.traffic.sending(run.stack.kafka.bootstrap, run.name, scale.pace)
    workers = {name: run.start(name) for name in ("a", "b")}
    for at in range(scale.restarts):
        name = "ab"[at % 2]
        _until_it_works(workers[name])
        wait(run.random.uniform(0, 1.5))
        workers[name].kill()
        workers[name] = run.start(name)
    sending.result()
    return scale.restarts


def _ended(run: Run, scale: Scale) -> int:
    """SIGTERM at random moments of one of two workers; each time it is no longer in the group."""
    sending = run.traffic.sending(run.stack.kafka.bootstrap, run.name, scale.pace)
    workers = [run.start(), run.start()]
    for _ in range(scale.restarts):
        worker = workers.pop(0)
        _until_it_works(worker)
        wait(run.random.uniform(0, 1.5))
        run.end(worker)
        if worker.name in run.members():
            run.complaints.append("a worker ended and is still a member of the group")
        workers.append(run.start())
    sending.result()
    return scale.restarts


def _crowd(run: Run, scale: Scale) -> int:
    """Three workers; one after the other is killed, told to end, or added."""
    sending = run.traffic.sending(run.stack.kafka.bootstrap, run.name, scale.pace)
    workers = [run.start() for _ in range(3)]
    for _ in range(scale.changes):
        wait(run.random.uniform(1, 4))
        if len(workers) == 4 or (len(workers) > 2 and run.random.random() < 0.5):
            gone = workers.pop(run.random.randrange(len(workers)))
            if run.random.random() < 0.5:
                gone.kill()
            else:
                _until_it_works(gone)
                run.end(gone)
        else:
            workers.append(run.start())
    sending.result()
    return scale.changes


def _broker_restarted(run: Run, scale: Scale) -> int:
    run.traffic.send(run.stack.kafka.bootstrap, run.name)
    _slowly(run)
    run.start()
    run.start()
    times = 1 if scale.outage < 30 else 3
    for at in range(times):
        run.until_stored(20 * (at + 1))
        (run.stack.kafka.kill if at % 2 else run.stack.kafka.stop)()
        wait(2)
        run.stack.kafka.start()
    return times


def _elasticsearch_stopped(run: Run, scale: Scale) -> int:
    _, sending = _midway(run, scale)
    run.stack.elasticsearch.stop()
    wait(scale.outage)
    run.stack.elasticsearch.start()
    sending.result()
    return 1


def _broken(fault: Status | Fault, share: float) -> Does:
    """Requests that are broken on their way, one in so many, until it was often enough."""

    def does(run: Run, scale: Scale) -> int:
        def choose(request: Request) -> Status | Fault | None:
            # What only refuses documents makes no sense for questions.
            meant = request.is_bulk or fault is not Fault.HALF_REFUSED
            enough = run.proxy.broken() >= scale.faults
            return fault if meant and not enough and run.random.random() < share else None

        run.proxy.choose = choose
        sending = run.traffic.sending(run.stack.kafka.bootstrap, run.name, scale.pace)
        run.start(OOM_INGEST_STARTUP_TIMEOUT="120", OOM_INGEST_ELASTICSEARCH__REQUEST_TIMEOUT="2")
        sending.result()
        run.until_read()
        return run.proxy.broken()

    return does


def _blocked(run: Run, scale: Scale) -> int:
    """The flood stage of a full disk: the index takes no writes until somebody makes room."""
    worker, sending = _midway(run, scale)
    for block in ("index.blocks.read_only_allow_delete", "index.blocks.write"):
        run.elastic.indices.put_settings(index=f"{run.name}-*", settings={block: True})
        _waits(run, worker)
        wait(scale.outage / 6)
        run.elastic.indices.put_settings(index=f"{run.name}-*", settings={block: None})
    _resumes(run, worker)
    sending.result()
    return 2


def _key_expired(run: Run, scale: Scale) -> int:
    """The API key is no longer accepted; somebody writes a new one into its file."""
    file = run.folder / f"{run.name}.key"
    file.write_text("b2xkOmtleQ==\n", encoding="utf-8")
    accepted = ["b2xkOmtleQ=="]
    run.proxy.choose = lambda request: (
        None if request.authorization == f"ApiKey {accepted[0]}" else Status(401, "security_exception")
    )
    worker, sending = _midway(run, scale, OOM_INGEST_ELASTICSEARCH__API_KEY_FILE=str(file))
    accepted[0] = _KEY
    _waits(run, worker)
    wait(scale.outage / 6)
    file.write_text(f"{_KEY}\n", encoding="utf-8")
    _resumes(run, worker)
    sending.result()
    return 1


def _midway(run: Run, scale: Scale, **settings: str) -> tuple[Worker, Future[None]]:
    """A worker that has stored some of the traffic, while the rest is still coming."""
    worker = run.start(**settings)
    _until_it_works(worker)
    sending = run.traffic.sending(run.stack.kafka.bootstrap, run.name, 3 * scale.pace)
    run.until_stored(20)
    return worker, sending


def _waits(run: Run, worker: Worker) -> None:
    before = worker.says("waiting")
    until(lambda: worker.says("waiting") > before, 60, f"{run.name}: a worker that says it waits")


def _resumes(run: Run, worker: Worker) -> None:
    until(lambda: worker.says("resumed"), 60, f"{run.name}: a worker that says it goes on")


def _slowly(run: Run) -> None:
    """Let each write take a while, so that the disturbance comes in the middle of the work."""
    before = run.proxy.choose

    def choose(request: Request) -> Status | Fault | None:
        if request.is_bulk:
            wait(0.2)
        return before(request)

    run.proxy.choose = choose


def _until_it_works(worker: Worker) -> None:
    until(lambda: worker.says("started") or not worker.alive, _LEFT_WITHIN, "a worker that has started")


DISTURBANCES = (
    Disturbance("garbage, 900 kB, tombstones, codecs, transactions", undisturbed),
    Disturbance("SIGKILL, static membership", _killed),
    Disturbance("SIGTERM", _ended),
    Disturbance("three workers, killed, ended and added", _crowd),
    Disturbance("broker restarted", _broker_restarted),
    Disturbance("Elasticsearch stopped", _elasticsearch_stopped),
    Disturbance("429", _broken(Status(429, "es_rejected_execution_exception"), 0.5)),
    Disturbance("503", _broken(Status(503), 0.5)),
    Disturbance("half of a bulk refused", _broken(Fault.HALF_REFUSED, 0.7)),
    Disturbance("connection cut in mid-answer", _broken(Fault.CUT, 0.5)),
    Disturbance("no answer ever", _broken(Fault.SILENCE, 0.2)),
    Disturbance("index blocked for writes", _blocked),
    Disturbance("API key expired and renewed", _key_expired),
)
