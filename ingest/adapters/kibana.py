"""Kibana's API, as far as an installation needs it: objects, alert rules, connectors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import urllib3
from msgspec import Struct

from ingest.adapters.causes import innermost
from ingest.kibana.saved import OLDEST_KIBANA
from ingest.kibana.told import State, Told
from ingest.ports import Refused, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.config import KibanaSettings

_TIMEOUT = 60.0
_QUOTED = 300
"""Characters of an answer that an error repeats."""

_OK, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _UNPROCESSABLE = 200, 401, 403, 404, 422
_TRY_AGAIN = frozenset({429, 502, 503, 504})
_DEFAULT_SPACE = "default"
_BLOCKING = frozenset({"conflict", "ambiguous_conflict", "missing_references"})
"""Errors of one object for which Kibana writes no object at all, though it lists the others as successes."""


class _Answer(Struct, frozen=True):
    status: int
    body: Any


class Kibana:
    """One space of one Kibana.

    Args:
        settings: Address, space, key.
    """

    def __init__(self, settings: KibanaSettings) -> None:
        self.url = (settings.url or "").rstrip("/")
        self._space = settings.space
        self._key = settings.api_key
        trusted: dict[str, Any] = {"ca_certs": settings.ca_file} if settings.ca_file else {}
        self._pool = urllib3.PoolManager(timeout=_TIMEOUT, retries=False, **trusted)

    def version(self) -> str | None:
        """Its version; ``None`` where it does not tell. Raises ``Unavailable`` while it starts, or ``Refused``."""
        answer = self._call("GET", "/api/status", space=False)
        status = answer.body if isinstance(answer.body, dict) else {}
        version = status.get("version", {}).get("number")
        return version if isinstance(version, str) else None

    def check_space(self) -> None:
        """Raises ``Refused`` where the space does not exist. Who may not ask finds out with the first import."""
        if self._space == _DEFAULT_SPACE:
            return
        answer = self._call(
            "GET", f"/api/spaces/space/{self._space}", space=False, expected=(_OK, _FORBIDDEN, _NOT_FOUND)
        )
        if answer.status == _NOT_FOUND:
            raise Refused(f"Kibana at {self.url} has no space {self._space!r}; create it, or name another one")

    def import_objects(self, ndjson: str) -> list[Told]:
        """Import a file. Objects of these ids are replaced. Raises ``Unavailable`` or ``Refused``."""
        fields = {"file": ("oom.ndjson", ndjson.encode(), "application/ndjson")}
        answer = self._call("POST", "/api/saved_objects/_import?overwrite=true", fields=fields)
        body = answer.body
        failed = [_failed(each) for each in body.get("errors", [])]
        nothing = any(each["error"].get("type") in _BLOCKING for each in body.get("errors", []))
        good = [_good(each, nothing=nothing) for each in body.get("successResults", [])]
        if not body.get("success") and not failed:
            raise Refused(f"Kibana at {self.url} did not import, and does not say why: {_text(body)}")
        return [*good, *failed]

    def rule(self, rule_id: str) -> dict[str, Any] | None:
        """A rule as it is, or ``None``."""
        answer = self._call("GET", f"/api/alerting/rule/{rule_id}", expected=(_OK, _NOT_FOUND))
        return answer.body if answer.status == _OK else None

    def create_rule(self, rule_id: str, body: Mapping[str, Any]) -> None:
        """Make a rule."""
        self._call("POST", f"/api/alerting/rule/{rule_id}", body=body)

    def update_rule(self, rule_id: str, body: Mapping[str, Any]) -> None:
        """Change a rule."""
        self._call("PUT", f"/api/alerting/rule/{rule_id}", body=body)

    def connector_type(self, connector_id: str) -> str:
        """The kind of a connector. Raises ``Refused`` where there is none of this id."""
        path = f"/api/actions/connector/{quote(connector_id, safe='')}"
        answer = self._call("GET", path, expected=(_OK, _NOT_FOUND))
        if answer.status == _NOT_FOUND:
            raise Refused(f"Kibana at {self.url} has no connector {connector_id!r} in space {self._space!r}")
        return str(answer.body["connector_type_id"])

    def close(self) -> None:
        """Drop connections."""
        self._pool.clear()

    # ------------------------------------------------------------ one request

    def _call(
        self,
        method: str,
        path: str,
        *,
        space: bool = True,
        body: Mapping[str, Any] | None = None,
        fields: Mapping[str, Any] | None = None,
        expected: tuple[int, ...] = (_OK,),
    ) -> _Answer:
        within = f"/s/{self._space}" if space and self._space != _DEFAULT_SPACE else ""
        headers = {"kbn-xsrf": "true", "Accept": "application/json"}
        if self._key:
            headers["Authorization"] = f"ApiKey {self._key.reveal()}"
        sent: dict[str, Any] = {}
        if fields is not None:
            sent["fields"] = dict(fields)
        elif body is not None:
            headers["Content-Type"] = "application/json"
            sent["body"] = json.dumps(body)
        try:
            got = self._pool.request(method, f"{self.url}{within}{path}", headers=headers, redirect=False, **sent)
        except urllib3.exceptions.SSLError as error:
            raise Unavailable(
                f"Kibana at {self.url} is not trusted: {_text(error)}; is kibana.ca_file right?"
            ) from None
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable(
                f"Kibana is not reachable at {self.url} ({innermost(error)}): "
                "check kibana.url (scheme, name, port and base path), and that it runs"
            ) from None
        return self._read(got, expected)

    def _read(self, got: urllib3.BaseHTTPResponse, expected: tuple[int, ...]) -> _Answer:
        status = got.status
        if 300 <= status < 400:  # noqa: PLR2004  3xx
            raise Refused(self._redirected(got.headers.get("location", "")))
        is_json = "json" in got.headers.get("content-type", "")
        body = _json(got.data) if is_json else None
        if status in _TRY_AGAIN:
            raise Unavailable(f"Kibana at {self.url} is not ready ({status}): {_said(body, got.data)}")
        if status in expected and is_json and body is not None:
            return _Answer(status, body)
        if status == _OK:
            raise Refused(
                f"Kibana at {self.url} answered with a page instead of its API: "
                "a login page of a proxy stands before it, or the address is not Kibana's"
            )
        raise Refused(self._refusal(status, _said(body, got.data)))

    def _refusal(self, status: int, said: str) -> str:
        where = f"Kibana at {self.url}"
        if status == _UNAUTHORIZED:
            key = "does not accept kibana.api_key" if self._key else "wants a key: set kibana.api_key"
            return f"{where} {key} ({said})"
        if status == _FORBIDDEN:
            return f"{where} does not allow this key to do so in space {self._space!r} ({said}); see docs/kibana.md"
        if status == _UNPROCESSABLE:
            return f"{where} is older than our files, which need {OLDEST_KIBANA} or newer ({said})"
        if status == _NOT_FOUND:
            return f"{where} does not know this request ({said}): is its base path missing from the address?"
        return f"{where} answered {status}: {said}"

    def _redirected(self, location: str) -> str:
        target = urlsplit(location)
        if "login" in target.path or target.netloc not in ("", urlsplit(self.url).netloc):
            return (
                f"Kibana at {self.url} sends us to a login page ({_text(location)}): set kibana.api_key, or name the "
                "address behind the proxy that asks people to log in"
            )
        if target.scheme == "https" and self.url.startswith("http:"):
            return f"Kibana at {self.url} wants TLS: write its address with https://"
        return f"Kibana at {self.url} sends us to {_text(location)}: name that address, base path included"


def _good(found: Mapping[str, Any], *, nothing: bool) -> Told:
    title = str(found.get("meta", {}).get("title", ""))
    if nothing:
        why = "Kibana writes none of a file in which one object cannot be written"
        return Told(found["type"], found["id"], title, State.NOT_WRITTEN, why)
    state = State.REPLACED if found.get("overwrite") else State.CREATED
    elsewhere = found.get("destinationId")
    why = f"stored as {elsewhere}: another space has this id, see docs/kibana.md" if elsewhere else ""
    return Told(found["type"], found["id"], title, state, why)


def _failed(found: Mapping[str, Any]) -> Told:
    error = found["error"]
    kind = str(error.get("type", "unknown"))
    detail = {
        "missing_references": "needs " + ", ".join(f"{r['type']} {r['id']}" for r in error.get("references", [])),
        "conflict": "another object has this id",
        "ambiguous_conflict": "several objects may be meant",
        "unsupported_type": "this Kibana does not know objects of this kind",
    }
    why = detail.get(kind) or _text(error.get("message", kind))
    return Told(found["type"], found["id"], str(found.get("meta", {}).get("title", "")), State.FAILED, why)


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return None


def _said(body: Any, data: bytes) -> str:
    """What an error says, in its own words, and not more of it than a line."""
    if isinstance(body, dict) and "message" in body:
        return _text(body["message"])
    return _text(data[:_QUOTED].decode("utf-8", "replace"))


def _text(value: object) -> str:
    return " ".join(str(value).split())[:_QUOTED]
