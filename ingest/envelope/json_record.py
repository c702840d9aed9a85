"""Envelopes of JSON: one object of a shipper, whichever of the usual ones wrote it.

The message is taken as text once more, since many shippers wrap whole syslog lines. What the line itself says of host
and time counts more than what the shipper says.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import accumulate, chain
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from msgspec.structs import replace

from ingest.envelope import metadata
from ingest.envelope._sent import Anchor, Sent, Shape
from ingest.envelope.plain import PLAIN
from ingest.envelope.text import stamp, take_apart
from ingest.model import TimeSource
from ingest.timestamps import epoch_time, iso_time

if TYPE_CHECKING:
    from datetime import datetime

    from ingest.model import When

Object = dict[str, Any]

MESSAGES = ("MESSAGE", "message", "msg", "log", "rawmsg", "short_message", "event.original", "textPayload",
            "SyslogMessage", "_raw", "line", "@message", "_msg")  # fmt: skip
_SHIPPERS_HOSTS = ("host.hostname", "host.name")
_HOSTS = ("_HOSTNAME", "HOSTNAME", "_hostname", "log.syslog.hostname", "logsource", *_SHIPPERS_HOSTS, "hostname",
          "host", "HOST", "fromhost", "source_host", "kubernetes.node.name", "kubernetes.host", "HostName", "Computer",
          "labels.compute.googleapis.com/resource_name", "resource.labels.node_name", "resource.labels.instance_id",
          "labels.hostname", "labels.host", "labels.node", "labels.nodename")  # fmt: skip
_TAGS = ("SYSLOG_IDENTIFIER", "syslog_identifier", "programname", "program", "PROGRAM", "appname", "app-name",
         "app_name", "ident", "syslogtag", "log.syslog.appname", "syslog.identifier", "process.name",
         "_COMM", "ProcessName")  # fmt: skip
_FILES = ("container.id", "kubernetes.docker_id", "kubernetes.container_id", "docker.container_id", "log.file.path")
"""Which of a host's containers a piece of a line is of."""


def _spelled(name: str) -> tuple[str, ...]:
    """A field of the journal as the journal spells it, and as Fluent Bit's strip_underscores and lowercase leave it."""
    bare = name.removeprefix("_")
    return name, bare, name.lower(), bare.lower()


_JOURNAL_TIMES = (*_spelled("_SOURCE_REALTIME_TIMESTAMP"), "__REALTIME_TIMESTAMP")
_UPTIMES = _spelled("_SOURCE_MONOTONIC_TIMESTAMP")
_LOGGED_TIMES = ("timereported", "ISODATE", "timestamp", "syslog_timestamp", "talos-time")
_SHIPPED_TIMES = ("@timestamp", "time", "date", "timegenerated", "_ts", "_time", "EventTime", "TimeGenerated",
                  "lastTimestamp", "eventTime")  # fmt: skip
_TRANSPORTS = (*_spelled("_TRANSPORT"), "systemd.transport", "journald.transport")
_FACILITIES = ("SYSLOG_FACILITY", "syslog_facility", "log.syslog.facility.code", "syslogfacility", "facility_label",
               "facility", "syslogfacility-text", "FACILITY", "Facility")  # fmt: skip
_PRIORITIES = ("pri", "log.syslog.priority")
_BOOTS = (*_spelled("_BOOT_ID"), "journald.host.boot_id")
_NAMES = (_HOSTS, _TAGS, _FILES, _JOURNAL_TIMES, _UPTIMES, _LOGGED_TIMES, _SHIPPED_TIMES, _TRANSPORTS, _FACILITIES,
          _PRIORITIES, _BOOTS)  # fmt: skip
_WRAPPERS = ("jsonPayload", "result", "content", "attributes", "event")
"""Where exports of Google Cloud, Splunk and Datadog, and watchers of Kubernetes' events, put what was logged."""
_KEPT = 1_024
_KERNEL = frozenset({"0", "kern", "kernel"})
_INTEGER = re.compile(r"[0-9]{1,19}")
_NUMBER = re.compile(r"[0-9]{1,19}(?:\.[0-9]*)?")
_LARGEST = 10**19
"""Larger numbers are no times: nanoseconds since 1970 have 19 digits."""
_STREAM = re.compile(r'(?:[^\s"{]{1,512} )?(?=\{")')
"""What may stand before an object in a message: its stream, as ``aws logs tail`` prints it."""
_DECODER = msgspec.json.Decoder(dict[str, Any])


class NotALine(Exception):
    """An object without a message; ``code`` is stable and the text names what is wrong."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def take_object_apart(value: bytes, anchor: Anchor) -> Sent:
    """The message of an object and what the object says of it.

    Raises:
        NotALine: It is no JSON object, or it has no message.
    """
    document = _decoded(value)
    known = _known(document)
    outer = with_held(_outer(known, _message(document), anchor), anchor)
    inner = take_apart(outer.message, _at_time_of(outer, anchor))
    if inner is None or outer.tag not in (None, "kernel"):
        return outer
    sent = _combined(outer, inner)
    if not inner.stream:
        return sent
    return replace(sent, stream=f"{outer.hostname}/{_first_text(known, _FILES)}/{inner.stream}", rest=inner.rest)


def with_held(outer: Sent, anchor: Anchor) -> Sent:
    """What is sent, with what the object says that its message is, where that says that the kernel logged it.

    So agents write the logs of a node to CloudWatch; what other programs write as JSON is their own affair.
    """
    stream = _STREAM.match(outer.message) if outer.tag is None else None
    if stream is None:
        return outer
    try:
        held = take_object_apart(outer.message[stream.end() :].encode("utf-8", "replace"), _at_time_of(outer, anchor))
    except NotALine:
        return outer
    return _combined(outer, held) if held.tag == "kernel" else outer


def told_at(value: bytes, hint: datetime) -> datetime | None:
    """When an object was logged, as a search sorts it: what its shipper says, else what its line says."""
    anchor = Anchor(None, hint)
    try:
        when = _when(_known(_decoded(value)), anchor) or take_object_apart(value, anchor).when
    except NotALine:
        return None
    return when.at if when else None


def _at_time_of(outer: Sent, anchor: Anchor) -> Anchor:
    return Anchor(anchor.zone, outer.when.at) if outer.when else anchor


def sender(value: bytes) -> tuple[str | None, str] | None:
    """Host and tag of an object, as ``take_object_apart`` tells them, in far less time.

    The host is told where the message is a plain syslog line, and left out where the object has a tag of its own.
    ``None`` where it has to be taken apart. ``tests/property/test_plain.py`` holds the two together.
    """
    try:
        document = _decoded(value)
        message = _message(document)
    except NotALine:
        return None
    known = _known(document)
    tag = _tag(known)
    if tag not in (None, "kernel"):
        return None, tag
    found = PLAIN.match(message.encode("utf-8", "replace"))
    if found is None or _first_text(known, _BOOTS) is not None:
        return None
    return found[1].decode(), found[2].decode()


def _decoded(value: bytes) -> Object:
    try:
        return _unwrapped(_DECODER.decode(value))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotALine("json", f"not a JSON object: {error}") from None


def _unwrapped(document: Object) -> Object:
    """An object with what it wraps, where that has the message; an event of Kubernetes tells its node as ``source``."""
    if not _has_message(document):
        wrapped = (name for name in _WRAPPERS if isinstance(each := document.get(name), dict) and _has_message(each))
        if (name := next(wrapped, None)) is not None:
            document = {key: each for key, each in document.items() if key != name} | document[name]
    if "involvedObject" in document and "host" not in document and (node := _at(document, "source.host")) is not None:
        return document | {"host": node}
    return document


def _has_message(document: Object) -> bool:
    return any(_at(document, name) is not None for name in MESSAGES)


def _combined(outer: Sent, inner: Sent) -> Sent:
    """What the line says counts more than what its shipper says of it."""
    return replace(
        outer,
        message=inner.message,
        hostname=inner.hostname or outer.hostname,
        when=inner.when if inner.when and (inner.when.from_line or outer.when is None) else outer.when,
        uptime_us=inner.uptime_us if inner.uptime_us is not None else outer.uptime_us,
        tag=inner.tag or outer.tag,
        caller=inner.caller,
        partial=inner.partial,
        metadata=outer.metadata if _is_same(inner.hostname, outer.hostname) else _elsewhere(outer.metadata),
    )


def _is_same(named: str | None, shippers: str | None) -> bool:
    """Whether a line is of the shipper's own host: it names none, or the same, be it in full or by its first label."""
    if named is None or shippers is None:
        return named is None
    short, long = sorted((named.lower(), shippers.lower()), key=len)
    return long == short or long.startswith(f"{short}.")


def _elsewhere(shipped: Any) -> Any:
    """A line that another host logged: what is said of the shipper's own host is not said of it."""
    if not shipped:
        return None
    return {root: value for root, value in shipped.items() if root in ("agent", "labels")} or None


_HEADS = frozenset(
    head
    for name in chain.from_iterable(_NAMES)
    for head in accumulate(name.split("."), lambda path, key: f"{path}.{key}")
)
"""Keys of an object by which it may have one of the names."""


class _Known(NamedTuple):
    """An object, and its keys that are among ``_HEADS``."""

    document: Object
    heads: frozenset[str]


def _known(document: Object) -> _Known:
    return _Known(document, _HEADS.intersection(document))


@lru_cache(maxsize=_KEPT)
def _possible(names: tuple[str, ...], heads: frozenset[str]) -> tuple[str, ...]:
    """Those of some names that an object may have: a shipper's objects have the same few."""
    return tuple(name for name in names if any(name == head or name.startswith(f"{head}.") for head in heads))


def _outer(known: _Known, message: str, anchor: Anchor) -> Sent:
    document = known.document
    kernel = _is_kernel(known)
    tag = _tag(known)
    hostname = _first_text(known, _HOSTS)
    kept, dropped = metadata.allowed(document)
    shippers = [name for path in _SHIPPERS_HOSTS if isinstance(name := _at(document, path), str)]
    if shippers and not any(_is_same(hostname, name) for name in shippers):
        kept = _elsewhere(kept)
    return Sent(
        shape=f"{Shape.JSON}:{next((name for name in MESSAGES if _at(document, name) is not None), '')}",
        message=message,
        hostname=hostname,
        when=_when(known, anchor),
        uptime_us=_uptime(known, kernel=kernel),
        tag="kernel" if kernel and tag is None else tag,
        boot=_first_text(known, _BOOTS),
        metadata=kept,
        dropped=dropped,
    )


def _message(document: Object) -> str:
    for name in MESSAGES:
        value = _at(document, name)
        if isinstance(value, str):
            return value.rstrip("\r\n")
        if isinstance(value, list) and value:
            return _from_list(value)
        if value is None and name in document:
            raise NotALine("no_message", f"`{name}` is null: the journal leaves out long messages without --all")
    raise NotALine("no_message", f"none of {', '.join(MESSAGES)} holds a text")


def _from_list(value: list[Any]) -> str:
    """The journal gives bytes that are not printable as numbers, and a field that stands there twice as a list."""
    found = [_from_bytes(value)] if isinstance(value[0], int) else [_from_bytes(each) for each in value]
    texts = [text.rstrip("\r\n") for text in found if text is not None]
    if not texts:
        raise NotALine("no_message", "the message is a list of neither bytes nor texts")
    return "\n".join(texts)


def _from_bytes(value: Any) -> str | None:
    """A text, or the text that a list of bytes is."""
    if isinstance(value, list) and all(isinstance(each, int) and 0 <= each <= 255 for each in value):  # noqa: PLR2004
        return bytes(value).decode("utf-8", "backslashreplace")
    return value if isinstance(value, str) else None


def _is_kernel(known: _Known) -> bool:
    """Whether transport, facility or priority say that the kernel logged it."""
    transport = _first_text(known, _TRANSPORTS)
    if transport is not None:
        return transport == "kernel"
    facility = _first_text(known, _FACILITIES)
    if facility is not None:
        return facility in _KERNEL
    priority = _first_text(known, _PRIORITIES)
    if priority is not None and _INTEGER.fullmatch(priority):
        return int(priority) < 8  # noqa: PLR2004  facility 0, any severity
    return "sequence" in known.document and "sec" in known.document


def _tag(known: _Known) -> str | None:
    text = _first_text(known, _TAGS)
    if text is None:
        return None
    name = text.strip().removesuffix(":").partition("[")[0]
    return name or None


def _uptime(known: _Known, *, kernel: bool) -> int | None:
    """Microseconds since boot: the journal's of kernel messages, or those of Fluent Bit's kmsg input."""
    stamp = _first_text(known, _UPTIMES)
    if kernel and stamp is not None and _INTEGER.fullmatch(stamp):
        return int(stamp)
    seconds, micros = known.document.get("sec"), known.document.get("usec")
    return seconds * 1_000_000 + micros if isinstance(seconds, int) and isinstance(micros, int) else None


def _when(known: _Known, anchor: Anchor) -> When | None:
    """The best time that the object tells: the journal's, the log's, the shipper's."""
    read_from_file = known.document.get("source_type") in ("file", "kubernetes_logs")
    logged = TimeSource.SHIPPER if read_from_file else TimeSource.ISO
    for names, source in (
        (_JOURNAL_TIMES, TimeSource.JOURNALD),
        (_LOGGED_TIMES, logged),
        (_SHIPPED_TIMES, TimeSource.SHIPPER),
    ):
        for name in _possible(names, known.heads):
            value = _at(known.document, name)
            if value is not None and (when := _time(value, source, anchor)):
                return when
    return None


def _time(value: object, source: TimeSource, anchor: Anchor) -> When | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return epoch_time(value, source) if value < _LARGEST else None
    if not isinstance(value, str):
        return None
    text = value.strip()
    if _NUMBER.fullmatch(text):
        return epoch_time(float(text) if "." in text else int(text), source)
    return iso_time(text.replace(" +", "+"), anchor.zone, source) or stamp(f"{text} ", 0, anchor)[0]


def _first_text(known: _Known, names: tuple[str, ...]) -> str | None:
    for name in _possible(names, known.heads):
        value = _at(known.document, name)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    return None


def _at(document: Object, path: str) -> Any:
    """The value at a dotted path, whether its keys are nested, dotted or a mixture."""
    if path in document:
        return document[path]
    head, _, rest = path.partition(".")
    while rest:
        branch = document.get(head)
        if isinstance(branch, dict) and (found := _at(branch, rest)) is not None:
            return found
        more, _, rest = rest.partition(".")
        head = f"{head}.{more}"
    return None
