"""A Kibana of the tests: a real HTTP server that answers as Kibana's own code does, in its order.

It follows ``import_saved_objects``, ``create_saved_objects`` and the alerting routes of Kibana, as far as an
installation meets them: what is checked before what, what is written when something else fails, and with which status.
"""

from __future__ import annotations

import json
import re
import ssl
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ingest.kibana.saved import embedded

KNOWN = {
    "8.7.1": {"dashboard": "8.7.0", "index-pattern": "8.0.0", "search": "8.0.0", "tag": "8.0.0"},
    "8.9.0": {"dashboard": "8.9.0", "index-pattern": "8.0.0", "search": "8.0.0", "tag": "8.0.0"},
    "8.15.0": {"dashboard": "10.2.0", "index-pattern": "8.0.0", "search": "10.5.0", "tag": "8.0.0"},
    "8.19.0": {"dashboard": "10.3.0", "index-pattern": "8.0.0", "search": "10.6.0", "tag": "8.0.0"},
    "9.5.0": {"dashboard": "10.3.0", "index-pattern": "8.0.0", "search": "10.11.0", "tag": "8.0.0"},
}
"""The newest version of each kind that a Kibana knows."""

_CORE = "8.8.0"
_CLOSED = {
    "tag": {"name", "description", "color"},
    "dashboard": {
        "title", "description", "kibanaSavedObjectMeta", "timeRestore", "timeFrom", "timeTo", "refreshInterval",
        "controlGroupInput", "panelsJSON", "optionsJSON", "hits", "version",
    },
}  # fmt: skip
"""Kinds whose attributes an older Kibana checks, and the keys that it takes."""

_CHECKED_REFERENCES = ("index-pattern", "search")
_BLOCKING = ("conflict", "ambiguous_conflict", "missing_references")
_RULE_KEYS = {"name", "schedule", "tags", "params", "actions"}
_RULE_CREATED = _RULE_KEYS | {"rule_type_id", "consumer", "enabled"}
_COUNTED = {
    "index", "timeField", "aggType", "groupBy", "termField", "termSize", "timeWindowSize", "timeWindowUnit",
    "thresholdComparator", "threshold",
}  # fmt: skip
_RULE_PARAMS = {
    ".es-query": _COUNTED | {"searchType", "esQuery", "size", "excludeHitsFromPreviousRun"},
    ".index-threshold": _COUNTED,
}
_GROUPS = {".es-query": {"query matched", "recovered"}, ".index-threshold": {"threshold met", "recovered"}}


@dataclass
class State:
    """What this Kibana has, and how it behaves."""

    version: str = "9.5.0"
    key: str | None = "c2VjcmV0"
    spaces: set[str] = field(default_factory=lambda: {"default"})
    objects: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    """By space, type and id."""
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    connectors: dict[str, str] = field(default_factory=dict)
    forbidden: tuple[str, ...] = ()
    """Beginnings of paths that the key may not use."""
    unknown_types: tuple[str, ...] = ()
    login: str | None = None
    """Where every request is sent that has no session, as a proxy in front does."""
    page: bool = False
    """Whether every request is answered with a web page."""
    starting: int = 0
    """How many requests are answered with 503."""
    fails_rules: dict[str, int] = field(default_factory=dict)
    """Rule types that are refused, with the status."""
    requests: list[tuple[str, str]] = field(default_factory=list)


class _Error(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@contextmanager
def kibana(state: State, base: str = "", tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Run one; gives its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state, base))
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}{base}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(state: State, base: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def _serve(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            sent = self.rfile.read(length)
            state.requests.append((self.command, self.path))
            if state.starting:
                state.starting -= 1
                return self._answer(503, b"Kibana server is not ready yet", "text/plain")
            if state.login:
                return self._answer(302, b"", "text/html", state.login)
            if state.page:
                return self._answer(200, b"<html>Log in</html>", "text/html")
            try:
                status, body = self._routed(sent)
            except _Error as error:
                status = error.status
                body = {"statusCode": status, "error": "Error", "message": error.message}
            if isinstance(body, str):
                return self._answer(status, body.encode(), "application/ndjson")
            return self._answer(status, json.dumps(body).encode(), "application/json; charset=utf-8")

        do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815  the names of http.server

        def _answer(self, status: int, body: bytes, kind: str, location: str | None = None) -> None:
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            if location:
                self.send_header("location", location)
            self.end_headers()
            self.wfile.write(body)

        def _routed(self, sent: bytes) -> tuple[int, Any]:
            path, _, query = self.path.partition("?")
            if not path.startswith(f"{base}/"):
                raise _Error(404, "Not Found")
            path = path.removeprefix(base)
            known = self.headers.get("authorization") == f"ApiKey {state.key}" or state.key is None
            if path == "/api/status":
                # Who is nobody is told only whether it runs.
                return 200, {"status": {"overall": {"level": "available"}}} | (
                    {"version": {"number": state.version}} if known else {}
                )
            if self.command != "GET" and not self.headers.get("kbn-xsrf"):
                raise _Error(400, "Request must contain a kbn-xsrf header.")
            if not known:
                raise _Error(401, "[security_exception]: unable to authenticate")
            space = "default"
            if found := re.match(r"/s/([^/]+)(/.*)", path):
                space, path = found.groups()
            if any(path.startswith(each) for each in state.forbidden):
                raise _Error(403, f"API [{self.command} {path}] is unauthorized for user")
            if found := re.fullmatch(r"/api/spaces/space/([^/]+)", path):
                if found[1] not in state.spaces:
                    raise _Error(404, "Not Found")
                return 200, {"id": found[1], "name": found[1]}
            if space not in state.spaces:
                raise _Error(404, "Not Found")
            if path == "/api/saved_objects/_export" and self.command == "POST":
                return 200, _export(state, space, json.loads(sent))
            if path == "/api/saved_objects/_import" and self.command == "POST":
                return 200, _import(state, space, self.headers.get("content-type", ""), sent, query)
            if found := re.fullmatch(r"/api/actions/connector/([^/]+)", path):
                if found[1] not in state.connectors:
                    raise _Error(404, f"Saved object [action/{found[1]}] not found")
                return 200, {"id": found[1], "connector_type_id": state.connectors[found[1]]}
            if found := re.fullmatch(r"/api/alerting/rule/([^/]+)", path):
                return _rule(state, self.command, found[1], json.loads(sent) if sent else {})
            raise _Error(404, "Not Found")

    return Handler


# ---------------------------------------------------------------- import


def _import(state: State, space: str, content_type: str, sent: bytes, query: str) -> dict[str, Any]:
    """The steps of an import in Kibana's order."""
    overwrite, copies = "overwrite=true" in query, "createNewCopies=true" in query
    if overwrite and copies:
        raise _Error(400, "[request query]: cannot use [overwrite] with [createNewCopies]")
    lines = [json.loads(line) for line in _file(content_type, sent).split("\n") if line.strip()]
    objects = [line for line in lines if "exportedCount" not in line]
    errors: list[dict[str, Any]] = []
    supported = []
    for each in objects:
        if each["type"] not in KNOWN[state.version] or each["type"] in state.unknown_types:
            errors.append(_wrong(each, {"type": "unsupported_type"}))
        else:
            supported.append(each)
    keys = [(each["type"], each["id"]) for each in supported]
    if doubled := sorted({key for key in keys if keys.count(key) > 1}):
        names = ",".join(f"{type_}:{id_}" for type_, id_ in doubled)
        raise _Error(400, f"Non-unique import objects detected: [{names}]")
    errors += _missing(state, space, supported, set(keys))
    if not overwrite:
        errors += [
            _wrong(each, {"type": "conflict"})
            for each in supported
            if (space, each["type"], each["id"]) in state.objects
        ]
    if not any(error["error"]["type"] in _BLOCKING for error in errors):
        errors += _create(state, space, supported)
    bad = {(error["type"], error["id"]) for error in errors}
    good = [each for each in supported if (each["type"], each["id"]) not in bad]
    return {
        "success": not errors,
        "successCount": len(good),
        "warnings": [],
        "successResults": [each["_result"] if "_result" in each else _listed(each) for each in good],
        **({"errors": errors} if errors else {}),
    }


def _export(state: State, space: str, asked: dict[str, Any]) -> str:
    """What is asked for and what it needs, brought up to this version."""
    wanted = [(each["type"], each["id"]) for each in asked["objects"]]
    for key in wanted:
        stored = state.objects.get((space, *key))
        if stored is None:
            raise _Error(400, "Error fetching objects to export")
        wanted += [need for r in stored["references"] if (need := (r["type"], r["id"])) not in wanted]
    found = (state.objects[space, kind, id_] for kind, id_ in wanted)
    return "".join(
        embedded(each | {"typeMigrationVersion": KNOWN[state.version][each["type"]]}) + "\n" for each in found
    )


def _file(content_type: str, sent: bytes) -> str:
    parsed = BytesParser(EmailMessage, policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + sent)
    for part in parsed.iter_parts():
        if part.get_param("name", header="content-disposition") == "file":
            name = part.get_filename() or ""
            if not name.endswith(".ndjson"):
                raise _Error(400, f"Invalid file extension .{name.rpartition('.')[2]}")
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            return payload.decode()
    raise _Error(400, "[request body.file]: expected value of type [Stream] but got [undefined]")


def _missing(
    state: State, space: str, objects: list[dict[str, Any]], inside: set[tuple[str, str]]
) -> Iterator[dict[str, Any]]:
    """Only references to data views and searches are looked for; all others may lead nowhere."""
    for each in objects:
        absent = [
            {"type": reference["type"], "id": reference["id"]}
            for reference in each.get("references", [])
            if reference["type"] in _CHECKED_REFERENCES
            and (reference["type"], reference["id"]) not in inside
            and (space, reference["type"], reference["id"]) not in state.objects
        ]
        if absent:
            yield _wrong(each, {"type": "missing_references", "references": absent})


def _create(state: State, space: str, objects: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """One request for all: a version that is too new fails all of it, an attribute that is unknown only its object."""
    for each in objects:
        known = KNOWN[state.version][each["type"]]
        version = each.get("typeMigrationVersion", "")
        if _number(version) > _number(known):
            raise _Error(
                422,
                f'Document "{each["id"]}" belongs to a more recent version of Kibana [{version}] when the last known '
                f"version is [{known}].",
            )
        if _number(each.get("coreMigrationVersion", "")) > _number(_CORE):
            raise _Error(
                422, f'Document "{each["id"]}" has a "coreMigrationVersion" which belongs to a more recent one'
            )
    for each in objects:
        unknown = set(each["attributes"]) - _CLOSED.get(each["type"], set(each["attributes"]))
        if unknown:
            message = f"[attributes.{min(unknown)}]: definition for this key is missing"
            yield _wrong(each, {"type": "unknown", "statusCode": 400, "message": message})
            continue
        key = _place(state, space, each)
        each["_result"] = _listed(each) | ({"overwrite": True} if key in state.objects else {})
        stored = {name: value for name, value in each.items() if name != "_result"}
        if key[2] != each["id"]:
            each["_result"]["destinationId"] = key[2]
            stored["originId"] = each["id"]
        state.objects[key] = stored


def _place(state: State, space: str, each: dict[str, Any]) -> tuple[str, str, str]:
    """Under its id, unless another space has that: then under a new one, which is found again by its origin."""
    kind, id_ = each["type"], each["id"]
    key = (space, kind, id_)
    if key in state.objects or not any(other[1:] == (kind, id_) for other in state.objects):
        return key
    copies = [other for other, it in state.objects.items() if other[:2] == key[:2] and it.get("originId") == id_]
    return copies[0] if copies else (space, kind, str(uuid.uuid4()))


def _listed(each: dict[str, Any]) -> dict[str, Any]:
    title = each["attributes"].get("title") or each["attributes"].get("name")
    return {"type": each["type"], "id": each["id"], "meta": {"title": title, "icon": "x"}, "managed": False}


def _wrong(each: dict[str, Any], error: dict[str, Any]) -> dict[str, Any]:
    return {"type": each["type"], "id": each["id"], "meta": {"title": each["attributes"].get("title")}, "error": error}


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part)


# ---------------------------------------------------------------- rules


def _rule(state: State, method: str, id_: str, body: dict[str, Any]) -> tuple[int, Any]:
    there = state.rules.get(id_)
    if method == "GET":
        if there is None:
            raise _Error(404, f"Saved object [alert/{id_}] not found")
        return 200, there
    if method == "POST":
        if not re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", id_):
            raise _Error(400, "Predefined IDs are not allowed for saved objects with encrypted attributes")
        if there is not None:
            raise _Error(409, f"Saved object [alert/{id_}] conflict")
        _only(body, _RULE_CREATED)
        _params(state, body["rule_type_id"], body)
        state.rules[id_] = _told(body | {"id": id_, "enabled": body["enabled"]}, state)
        return 200, state.rules[id_]
    if there is None:
        raise _Error(404, f"Saved object [alert/{id_}] not found")
    _only(body, _RULE_KEYS)
    _params(state, there["rule_type_id"], body)
    state.rules[id_] = _told(there | body, state)
    return 200, state.rules[id_]


def _only(body: dict[str, Any], known: set[str]) -> None:
    if unknown := sorted(set(body) - known):
        raise _Error(400, f"[request body.{unknown[0]}]: definition for this key is missing")
    if absent := sorted(_RULE_KEYS - set(body)):
        raise _Error(400, f"[request body.{absent[0]}]: expected value but got [undefined]")


def _params(state: State, kind: str, body: dict[str, Any]) -> None:
    if kind in state.fails_rules:
        raise _Error(state.fails_rules[kind], f"Unauthorized to create a {kind} rule")
    if unknown := sorted(set(body["params"]) - _RULE_PARAMS[kind]):
        raise _Error(400, f"params invalid: [{unknown[0]}]: definition for this key is missing")
    group = body["params"].get("termField")
    if not (isinstance(group, str) and group) and (body["params"]["groupBy"] == "top" or group is not None):
        raise _Error(400, "params invalid: [termField]: expected value of type [string]")
    if kind == ".es-query" and "query" not in json.loads(body["params"]["esQuery"]):
        raise _Error(400, 'params invalid: [esQuery]: must contain "query"')
    for action in body["actions"]:
        if action["id"] not in state.connectors:
            raise _Error(400, f"Saved object [action/{action['id']}] not found")
        if action["group"] not in _GROUPS[kind]:
            raise _Error(400, f"Invalid action groups: {action['group']}")
        if "connector_type_id" in action:
            raise _Error(400, "[request body.actions.0.connector_type_id]: definition for this key is missing")


def _told(rule: dict[str, Any], state: State) -> dict[str, Any]:
    """A rule as Kibana gives it back: defaults filled in, the kind of each connector beside it."""
    params = json.loads(embedded(rule["params"]))
    params.setdefault("sourceFields", [])
    actions = [
        {"uuid": str(uuid.uuid4()), **action, "connector_type_id": state.connectors[action["id"]]}
        for action in rule["actions"]
    ]
    return rule | {"params": params, "actions": actions}
