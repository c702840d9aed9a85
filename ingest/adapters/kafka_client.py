"""How Kafka is reached: what every client of ours is given, and its failures in the words of the ports."""

from __future__ import annotations

import logging
import socket
import ssl
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from kafka.errors import (
    AuthorizationError,
    BrokerResponseError,
    KafkaError,
    KafkaProtocolError,
    RetriableError,
    SaslAuthenticationFailedError,
    UnrecognizedBrokerVersion,
    UnsupportedSaslMechanismError,
)

from ingest.config import ConfigError
from ingest.ports import Refused, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.config import KafkaSettings

_PROBE_SECONDS = 3.0
_PERHAPS_NO_ANSWER = (RetriableError, KafkaProtocolError, UnrecognizedBrokerVersion)
"""Connections that break, time that goes by, answers that are none; and what the library itself says meanwhile."""


def connection(settings: KafkaSettings) -> dict[str, Any]:
    """The arguments with which a consumer, a producer or an admin client reaches the brokers.

    Raises:
        ConfigError: A certificate or key cannot be used.
    """
    arguments: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap_servers.split(","),
        "client_id": settings.client_id,
        "security_protocol": settings.security_protocol,
    }
    if "SSL" in settings.security_protocol:
        arguments["ssl_context"] = _tls(settings)
    if settings.username and settings.password:
        arguments["sasl_mechanism"] = settings.sasl_mechanism
        arguments["sasl_plain_username"] = settings.username
        arguments["sasl_plain_password"] = settings.password.reveal()
    return arguments


@contextmanager
def reaching(settings: KafkaSettings) -> Iterator[None]:
    """Around what makes a client and asks it for the first time: raises ``Unavailable`` or ``Refused``.

    Where a connection fails the library says only that time went by, and logs the cause.
    """
    heard = _Heard()
    logger = logging.getLogger("kafka.net.manager")
    before = logger.level, logger.propagate
    logger.addHandler(heard)
    logger.setLevel(logging.WARNING)
    logger.propagate = False
    try:
        yield
    except KafkaError as error:
        raise failure(settings, heard.refusal or error) from error
    finally:
        logger.removeHandler(heard)
        logger.level, logger.propagate = before


class _Heard(logging.Handler):
    """Keeps the first refusal that the library logs."""

    refusal: KafkaError | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """See ``logging.Handler``."""
        for told in record.args if isinstance(record.args, tuple) else ():
            if isinstance(told, AuthorizationError | SaslAuthenticationFailedError | UnsupportedSaslMechanismError):
                self.refusal = self.refusal or told


def failure(settings: KafkaSettings, error: KafkaError) -> Unavailable | Refused:
    """What an error of the library means, as one sentence that names the address and the setting to look at."""
    where = settings.bootstrap_servers
    if isinstance(error, SaslAuthenticationFailedError):
        return Refused(
            f"Kafka at {where} does not accept user {settings.username!r} with {settings.sasl_mechanism}: "
            "check kafka.username, kafka.password and kafka.sasl_mechanism"
        )
    if isinstance(error, UnsupportedSaslMechanismError):
        return Refused(f"Kafka at {where} does not offer {settings.sasl_mechanism}: check kafka.sasl_mechanism")
    if isinstance(error, AuthorizationError):
        return Refused(f"Kafka at {where} refuses: {error}")
    answered = Unavailable(f"Kafka at {where} answered {_told(error)}")
    if not isinstance(error, _PERHAPS_NO_ANSWER):
        return answered
    if "SSL" in settings.security_protocol and (why := _handshake_failure(settings)):
        return Refused(f"Kafka at {where}: {why}")
    silent = _silent(settings)
    if silent is not None:
        return Unavailable(
            f"Kafka is not reachable at {where} ({silent}): check kafka.bootstrap_servers, and that it runs"
        )
    if isinstance(error, BrokerResponseError):
        return answered
    login = ", kafka.username and kafka.password" if "SASL" in settings.security_protocol else ""
    return Unavailable(
        f"at {where} something listens and does not answer as Kafka with {settings.security_protocol} "
        f"({type(error).__name__}): check kafka.bootstrap_servers, kafka.security_protocol{login}"
    )


def create_no_topics(client: Any) -> None:
    """Have a consumer or producer ask for topics without creating them, as brokers otherwise may.

    The library has a setting for that, ``allow_auto_create_topics``, and does not pass it on to where it is needed.
    """
    cluster = getattr(client, "_cluster", None) or getattr(client, "_metadata", None)
    if cluster is not None:
        cluster.config["allow_auto_create_topics"] = False


def _told(error: KafkaError) -> str:
    """An error's name, and what it says beside it."""
    said = " ".join(map(str, error.args)) or getattr(error, "description", None)
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _tls(settings: KafkaSettings) -> ssl.SSLContext:
    """Who is trusted and who we are."""
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"kafka.ca_file {settings.ca_file} cannot be used: {_why(error)}") from None
    if settings.certificate_file:
        try:
            # An empty password, so that a key with one is refused in words instead of asking the terminal.
            context.load_cert_chain(settings.certificate_file, settings.key_file, password="")
        except (OSError, ssl.SSLError, ValueError) as error:
            files = " and ".join(filter(None, (settings.certificate_file, settings.key_file)))
            raise ConfigError(
                f"kafka.certificate_file and kafka.key_file ({files}) cannot be used: {_why(error)}"
            ) from None
    return context


def _handshake_failure(settings: KafkaSettings) -> str | None:
    """Why TLS with the first broker fails, which the library knows and does not say; ``None`` if it does not fail."""
    host, port = _first(settings)
    try:
        with (
            closing(socket.create_connection((host, port), _PROBE_SECONDS)) as plain,
            _tls(settings).wrap_socket(plain, server_hostname=host) as wrapped,
        ):
            # TLS 1.3 tells of a refused client certificate only with the first answer.
            wrapped.settimeout(1.0)
            wrapped.recv(1)
    except ssl.SSLCertVerificationError as error:
        return f"its certificate is not trusted ({error.verify_message}): check kafka.ca_file"
    except TimeoutError:
        return None
    except ssl.SSLError as error:
        if "CERTIFICATE" in (error.reason or "") or "ALERT" in (error.reason or ""):
            return (
                f"it does not accept our certificate ({_why(error)}): check kafka.certificate_file and kafka.key_file"
            )
        return f"it does not speak TLS there ({_why(error)}): check kafka.bootstrap_servers and kafka.security_protocol"
    except OSError:
        return None
    return None


def _silent(settings: KafkaSettings) -> str | None:
    """Why nobody listens at the first broker's address; ``None`` if somebody does."""
    try:
        socket.create_connection(_first(settings), _PROBE_SECONDS).close()
    except OSError as error:
        return _why(error)
    return None


def _first(settings: KafkaSettings) -> tuple[str, int]:
    """The first broker; 9092 is the port of one that names none."""
    host, _, port = settings.bootstrap_servers.split(",")[0].strip().rpartition(":")
    return (host.strip("[]"), int(port)) if host and port.isdecimal() else (f"{host}:{port}".strip(":[]"), 9092)


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, ssl.SSLError):
        return error.reason.lower().replace("_", " ") if error.reason else str(error).partition(" (_ssl")[0]
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
