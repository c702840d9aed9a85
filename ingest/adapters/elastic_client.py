"""The Elasticsearch client, and its failures in the words of the ports."""

from __future__ import annotations

import base64
import gzip
import re
import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from elastic_transport import ConnectionError as TransportConnectionError
from elastic_transport import HttpHeaders, TlsError, TransportError, Urllib3HttpNode
from elastic_transport.client_utils import DEFAULT, DefaultType
from elasticsearch import ApiError, Elasticsearch

from ingest.adapters.causes import innermost
from ingest.config import ConfigError
from ingest.ports import Refused, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ingest.config import ElasticsearchSettings

TRY_AGAIN = frozenset({429, 500, 502, 503, 504})
"""Answers after which the same request may succeed."""

CONFLICT = 409
_BAD, TOO_LARGE = 400, 413
TOO_LARGE_REASON = "larger than Elasticsearch accepts"
_NOT_THE_DOCUMENTS_FAULT = frozenset({"index_closed_exception", "validation_exception"})
"""Errors with status 400 that a person mends without touching the document: a closed index, no room for its shards."""
_OF_THE_INDEX = re.compile(r"pipeline with id \[.*\] does not exist|no write index is defined for alias ")
"""The same where the type alone does not tell: settings of an index or alias that lead nowhere."""
_COMPRESSED_FROM, _LEVEL = 4_096, 1
"""Bytes of a body from which it is compressed, and how well: documents shrink to a fifth for 15 us of CPU each."""
_UNAUTHORISED, _FORBIDDEN = 401, 403
_HINTS = {
    _UNAUTHORISED: ": check elasticsearch.api_key, or elasticsearch.username and elasticsearch.password",
    _FORBIDDEN: ": docs/least-privilege.md has the rights that are needed",
}

_BLOCK = "cluster_block_exception"
"""Of a blocked index or cluster, which no right would help."""


def connect(settings: ElasticsearchSettings, ended: Callable[[], None] = lambda: None) -> Elasticsearch:
    """A client that tries each request once: waiting and trying again is the loop's affair alone.

    Args:
        settings: Where it is, and how it is spoken to.
        ended: Called when a request has ended, well or not.

    Raises:
        ConfigError: The CA cannot be used.
    """
    _check_authority(settings)
    trusted: dict[str, Any] = {"ca_certs": settings.ca_file, "ssl_assert_fingerprint": settings.fingerprint}
    return Elasticsearch(
        list(settings.hosts),
        request_timeout=settings.request_timeout,
        max_retries=0,
        retry_on_timeout=False,
        retry_on_status=(),
        node_class=_node(settings, ended),
        **{name: value for name, value in trusted.items() if value},
    )


@contextmanager
def plain_failures(client: Elasticsearch) -> Iterator[None]:
    """Raise ``Unavailable`` or ``Refused`` with one sentence that names the address."""
    try:
        yield
    except TlsError as error:
        raise _tls_failure(client, error) from error
    except TransportConnectionError as error:
        raise Unavailable(
            f"Elasticsearch is not reachable at {address(client)} ({innermost(error)}): "
            "check elasticsearch.hosts (scheme, name and port), and that it runs"
        ) from error
    except ApiError as error:
        raise trouble(client, error.status_code, error.body) from error
    except TransportError as error:
        raise Unavailable(f"Elasticsearch at {address(client)} did not answer: {error.message}") from error


def trouble(client: Elasticsearch, status: int, body: object) -> Unavailable | Refused:
    """An answer that is a failure, to a request or to one of its items, as one sentence that names what to look at."""
    why = reason(body)
    hint = "" if why.startswith(_BLOCK) else _HINTS.get(status, "")
    sentence = f"Elasticsearch at {address(client)} answered {status}: {why}{hint}"
    return (Unavailable if status in TRY_AGAIN else Refused)(sentence)


def is_too_large(error: Refused) -> bool:
    """Whether a request was refused for its size alone: smaller ones may be taken."""
    return _is_answer(error, TOO_LARGE)


def is_forbidden(error: Refused) -> bool:
    """Whether a request was refused because this user may not make it."""
    return _is_answer(error, _FORBIDDEN)


def is_the_documents_fault(status: int, error: Mapping[str, Any]) -> bool:
    """Whether a document will never be stored: its content does not fit the mapping, or it is too large."""
    mended_elsewhere = error.get("type") in _NOT_THE_DOCUMENTS_FAULT or _OF_THE_INDEX.match(error.get("reason") or "")
    return status in (_BAD, TOO_LARGE) and not mended_elsewhere


def address(client: Elasticsearch) -> str:
    """The addresses of a client, without credentials."""
    return ", ".join(f"{node.scheme}://{node.host}:{node.port}" for node in client.transport.node_pool.all())


def reason(body: object) -> str:
    """The reason in an error body, as Elasticsearch words it."""
    error = body.get("error", body) if isinstance(body, dict) else body
    if isinstance(error, dict):
        cause = error.get("caused_by")
        inner = f": {cause['reason']}" if isinstance(cause, dict) and cause.get("reason") else ""
        return f"{error.get('type', 'error')}: {error.get('reason', '')}{inner}"[:500]
    return str(error)[:500]


def _is_answer(error: Refused, status: int) -> bool:
    return isinstance(error.__cause__, ApiError) and error.__cause__.status_code == status


def _node(settings: ElasticsearchSettings, ended: Callable[[], None]) -> type[Urllib3HttpNode]:
    """Connections that prove who we are anew with each request, so that a renewed secret needs no restart.

    Large bodies go compressed; the client's own way to do so takes five times the CPU.
    """

    class Node(Urllib3HttpNode):
        def perform_request(
            self,
            method: str,
            target: str,
            body: bytes | None = None,
            headers: HttpHeaders | None = None,
            request_timeout: DefaultType | float | None = DEFAULT,
        ) -> Any:
            ours = HttpHeaders({**(headers or {}), **_authorisation(settings)})
            if body is not None and len(body) >= _COMPRESSED_FROM:
                body = gzip.compress(body, _LEVEL)
                ours["content-encoding"] = "gzip"
            try:
                return super().perform_request(method, target, body, ours, request_timeout)
            finally:
                ended()

    return Node


def _authorisation(settings: ElasticsearchSettings) -> Mapping[str, str]:
    if settings.api_key:
        key = settings.api_key.reveal()
        return {"authorization": f"ApiKey {_base64(key) if ':' in key else key}"}
    if settings.username and settings.password:
        return {"authorization": f"Basic {_base64(f'{settings.username}:{settings.password.reveal()}')}"}
    return {}


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _check_authority(settings: ElasticsearchSettings) -> None:
    if settings.ca_file:
        try:
            ssl.create_default_context(cafile=settings.ca_file)
        except OSError as error:
            why = error.strerror if not isinstance(error, ssl.SSLError) else "it holds no certificate in PEM"
            raise ConfigError(f"elasticsearch.ca_file {settings.ca_file} cannot be used: {why}") from None


def _tls_failure(client: Elasticsearch, error: TlsError) -> Unavailable | Refused:
    where, why = address(client), str(error.message)
    if "fingerprint" in why.lower():
        return Refused(f"Elasticsearch at {where} has another certificate: check elasticsearch.fingerprint")
    if "CERTIFICATE_VERIFY_FAILED" in why:
        detail = why.partition("verify failed: ")[2].partition(" (_ssl")[0]
        return Refused(
            f"Elasticsearch at {where} has a certificate that is not trusted ({detail}): "
            "check elasticsearch.ca_file or elasticsearch.fingerprint"
        )
    detail = re.sub(r"^\[SSL[^]]*\] | \(_ssl.*\)$", "", why)
    return Unavailable(f"Elasticsearch at {where} does not speak TLS there ({detail}): check elasticsearch.hosts")
