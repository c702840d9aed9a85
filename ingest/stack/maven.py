"""Downloads from a Maven repository by way of jgo, with a visible progress. The only module that knows jgo."""

from __future__ import annotations

import logging
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ingest.adapters.causes import innermost
from ingest.stack.errors import EXTRA_MISSING, StackError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from ingest.stack.artifact import Artifact

    Watch = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]

_TRIES = 3
_REQUEST_TIMEOUT = 30  # seconds


def download(artifact: Artifact, store: Path, repository: str | None = None) -> list[Path]:
    """Download an artifact's jars into a Maven local repository of its own.

    Args:
        artifact: What to get.
        store: The local repository; everything below it is trusted, so it must be new.
        repository: Address of the remote repository, if not Maven Central.

    Returns:
        The jars, somewhere below ``store``.

    Raises:
        StackError: The extra is missing, the repository is not reachable or lacks the artifact, or a checksum differs.
        OSError: The files cannot be written.
    """
    try:
        from jgo.maven import MavenContext  # noqa: PLC0415  an extra
        from requests import RequestException  # noqa: PLC0415  comes with jgo
    except ImportError:
        raise StackError(EXTRA_MISSING) from None
    with _progress(artifact) as watch, _warnings_of_jgo() as warnings:
        context = MavenContext(
            repo_cache=store,
            remote_repos={"central": repository} if repository else None,
            resolver=_patient_resolver(watch),
            timeout=_REQUEST_TIMEOUT,
        )
        try:
            found = _resolve(context, artifact)
        except RequestException as error:
            raise StackError(
                f"{artifact.title} cannot be downloaded, {repository or 'Maven Central'} is not reachable "
                f"({innermost(error)}): check the network and the proxy settings, "
                "or copy the cache folder from a machine that has it and name it in OOM_INGEST_CACHE"
            ) from error
        except RuntimeError as error:
            raise StackError(f"{artifact.title} cannot be downloaded: {error}") from error
    wrong = [line for line in warnings if "hecksum mismatch" in line]
    if wrong:
        raise StackError(f"{artifact.title} arrived damaged, try again: {wrong[0]}")
    return found


def _resolve(context: Any, artifact: Artifact) -> list[Path]:
    wanted = [context.create_dependency(coordinate) for coordinate in artifact.coordinates]
    for dependency in wanted:
        dependency.scope = "compile"
    # The environments of jgo would be shorter, but they may fetch a whole JDK only to sort jars.
    given, needed = context.resolver.resolve(wanted)
    alone = [context.create_dependency(coordinate) for coordinate in artifact.alone]
    paths: list[Path] = [dependency.artifact.resolve() for dependency in (*given, *needed, *alone)]
    return [path for path in paths if path.suffix == ".jar"]


def _patient_resolver(watch: Watch) -> Any:
    """A resolver that tries again after a broken connection, and keeps no half file."""
    from jgo.maven import PythonResolver  # noqa: PLC0415
    from requests import RequestException  # noqa: PLC0415

    class Patient(PythonResolver):
        """See the function."""

        def download(self, artifact: Any) -> Any:
            """As the base class, up to three times."""
            for attempt in range(1, _TRIES + 1):
                try:
                    return super().download(artifact)
                except RequestException:
                    artifact.cached_path.unlink(missing_ok=True)
                    if attempt == _TRIES:
                        raise
                    time.sleep(0.5 * attempt)
            return None

    return Patient(progress_callback=watch)


@contextmanager
def _warnings_of_jgo() -> Iterator[list[str]]:
    """Keep jgo quiet meanwhile. Yields what it would have said: it only warns where a checksum differs."""
    said: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("jgo")
    before = logger.propagate
    logger.propagate = False
    logger.addHandler(handler)
    try:
        yield said
    finally:
        logger.removeHandler(handler)
        logger.propagate = before


@contextmanager
def _progress(artifact: Artifact) -> Iterator[Watch]:
    """A bar on a terminal, two plain lines elsewhere. Yields what jgo calls for each file with its name and size."""
    from rich.console import Console  # noqa: PLC0415  only while downloading
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn  # noqa: PLC0415

    console = Console(stderr=True)
    started = time.monotonic()
    if not console.is_terminal:
        sys.stderr.write(f"downloading {artifact.title} ({artifact.size / 1e6:.1f} MB), once\n")
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(f"downloading {artifact.title}", total=artifact.size)

        @contextmanager
        def watch(_name: str, _size: int) -> Iterator[Callable[[int], None]]:
            yield lambda count: progress.update(task, advance=count)

        yield watch
        progress.update(task, completed=artifact.size)
    if not console.is_terminal:
        sys.stderr.write(f"downloaded {artifact.title} in {time.monotonic() - started:.0f} s\n")
