"""The Elasticsearch client, and its failures in the words of the ports."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from elastic_transport import ConnectionError as TransportConnectionError
from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch

from ingest.ports import Refused, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.config import ElasticsearchSettings

TRY_AGAIN = frozenset({429, 500, 502, 503, 504})
"""Answers after which the same request may succeed."""


def connect(settings: ElasticsearchSettings) -> Elasticsearch:
    """A client that tries each request once: waiting and trying again is the loop's affair alone."""
    optional: dict[str, Any] = {"ca_certs": settings.ca_file} if settings.ca_file else {}
    basic = (settings.username, settings.password.reveal()) if settings.username and settings.password else None
    return Elasticsearch(
        list(settings.hosts),
        api_key=settings.api_key.reveal() if settings.api_key else None,
        basic_auth=basic,
        request_timeout=settings.request_timeout,
        max_retries=0,
        retry_on_timeout=False,
        retry_on_status=(),
        **optional,
    )


@contextmanager
def plain_failures(client: Elasticsearch) -> Iterator[None]:
    """Raise ``Unavailable`` or ``Refused`` with one sentence that names the address."""
    try:
        yield
    except TransportConnectionError as error:
        raise Unavailable(f"Elasticsearch is not reachable at {address(client)}: {error.message}") from error
    except ApiError as error:
        sentence = f"Elasticsearch at {address(client)} answered {error.status_code}: {reason(error.body)}"
        raise (Unavailable if error.status_code in TRY_AGAIN else Refused)(sentence) from error
    except TransportError as error:
        raise Unavailable(f"Elasticsearch at {address(client)} did not answer: {error.message}") from error


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
