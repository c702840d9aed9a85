"""The servers' jars: downloaded once into the user's cache folder, complete or not there at all."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
from msgspec import Struct

from ingest.stack.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    Watch = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]

EXTRA_MISSING = "the demo's servers need an extra: pip install 'oom-ingest[stack]'"


class Artifact(Struct, frozen=True):
    """Something that Maven Central has: a name for people, a version, and its coordinates."""

    name: str
    version: str
    coordinates: str


KAFKA = Artifact("kafka", "4.4.0", "org.apache.kafka:kafka_2.13:4.4.0")
ELASTICSEARCH = Artifact(
    "elasticsearch",
    "9.5.3",
    "org.elasticsearch:elasticsearch:9.5.3+org.elasticsearch.plugin:transport-netty4:9.5.3",
)
KQL = Artifact("x-pack-kql", "9.5.3", "org.elasticsearch.plugin:x-pack-kql:9.5.3")


def cache_folder() -> Path:
    """Where downloads are kept: ``OOM_INGEST_CACHE``, else the user's cache folder."""
    chosen = os.environ.get("OOM_INGEST_CACHE")
    return Path(chosen) if chosen else platformdirs.user_cache_path("oom-ingest")


def jars(artifact: Artifact, repository: str | None = None) -> list[Path]:
    """The jars of an artifact and of what it needs, downloaded if they are not there.

    A folder appears under its final name only when it is complete, so an interrupted download is done again. Two
    processes wait for each other.

    Args:
        artifact: What to get.
        repository: Address of a Maven repository, if not Maven Central.

    Raises:
        StackError: The extra is missing, the network is down, or the disk is full.
    """
    folder = cache_folder() / f"{artifact.name}-{artifact.version}"
    if not folder.is_dir():
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            with _only_one(folder.with_name(f"{folder.name}.lock")):
                if not folder.is_dir():
                    _download(artifact, folder, repository)
        except OSError as error:
            raise _failure(artifact, folder, error) from error
    return sorted(folder.glob("*.jar"))


def _download(artifact: Artifact, folder: Path, repository: str | None) -> None:
    try:
        from jgo.constants import MAVEN_CENTRAL_URL  # noqa: PLC0415  an extra, and slow to import
        from jgo.env import EnvironmentBuilder, LinkStrategy  # noqa: PLC0415
        from jgo.maven import MavenContext, PythonResolver  # noqa: PLC0415
    except ImportError:
        raise StackError(EXTRA_MISSING) from None
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    with _progress(artifact) as watch:
        context = MavenContext(
            repo_cache=part / "repository",
            remote_repos={"central": repository or MAVEN_CENTRAL_URL},
            resolver=PythonResolver(progress_callback=watch),
        )
        builder = EnvironmentBuilder(context=context, cache_dir=part / "environments", link_strategy=LinkStrategy.COPY)
        try:
            found = builder.from_endpoint(endpoint=artifact.coordinates).all_jars
        except RuntimeError as error:
            raise StackError(f"{artifact.name} {artifact.version} cannot be downloaded: {error}") from error
    complete = part / "complete"
    complete.mkdir()
    for jar in found:
        shutil.move(jar, complete / Path(jar).name)
    complete.rename(folder)
    shutil.rmtree(part, ignore_errors=True)


@contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    """Hold a lock that ends with the process, however it ends."""
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def _progress(artifact: Artifact) -> Iterator[Watch]:
    """A bar on a terminal, one plain line elsewhere. Yields what jgo calls for each file with its name and size."""
    from rich.console import Console  # noqa: PLC0415  only while downloading
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn  # noqa: PLC0415

    console = Console(stderr=True)
    title = f"{artifact.name} {artifact.version}"
    if not console.is_terminal:
        sys.stderr.write(f"downloading {title}, once\n")
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(f"downloading {title}", total=0)

        @contextmanager
        def watch(_name: str, size: int) -> Iterator[Callable[[int], None]]:
            progress.update(task, total=(progress.tasks[0].total or 0) + size)
            yield lambda count: progress.update(task, advance=count)

        yield watch


def _failure(artifact: Artifact, folder: Path, error: OSError) -> StackError:
    """What went wrong, as a person can mend it. Failed requests are ``OSError`` too."""
    title = f"{artifact.name} {artifact.version}"
    if error.errno == errno.ENOSPC:
        return StackError(f"no space for {title} in {folder.parent}; set OOM_INGEST_CACHE to a folder with room")
    if error.filename:
        return StackError(f"{title} cannot be kept in {folder.parent}: {error.strerror}; set OOM_INGEST_CACHE")
    return StackError(
        f"{title} cannot be downloaded, the Maven repository is not reachable; "
        "check the network, or set OOM_INGEST_CACHE to a folder that was filled elsewhere"
    )
