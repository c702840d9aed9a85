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

from ingest.stack import maven
from ingest.stack.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.stack.artifact import Artifact


def cache_folder() -> Path:
    """Where downloads are kept: ``OOM_INGEST_CACHE``, else the user's cache folder."""
    chosen = os.environ.get("OOM_INGEST_CACHE")
    return Path(chosen).expanduser().absolute() if chosen else platformdirs.user_cache_path("oom-ingest")


def jars(artifact: Artifact, repository: str | None = None) -> list[Path]:
    """The jars of an artifact and of what it needs, sorted by name; downloaded if they are not there.

    A folder gets its final name only when it is complete: an interrupted download is done again. Two processes that
    want the same artifact wait for each other.

    Args:
        artifact: What to get.
        repository: Address of a Maven repository, if not Maven Central.

    Raises:
        StackError: The extra is missing, the repository is not reachable, or the disk is full.
    """
    folder = cache_folder() / artifact.folder_name
    if not folder.is_dir():
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            with _only_one(folder.with_name(f"{folder.name}.lock"), artifact):
                if not folder.is_dir():
                    _fill(folder, artifact, repository)
        except OSError as error:
            raise _failure(artifact, folder.parent, error) from error
    return sorted(folder.glob("*.jar"))


def _fill(folder: Path, artifact: Artifact, repository: str | None) -> None:
    """Download to a folder beside the final one, then rename it. The caller holds the lock."""
    part = folder.with_name(f"{folder.name}.part")
    # What an interrupted download left may end in the middle of a file.
    shutil.rmtree(part, ignore_errors=True)
    if shutil.disk_usage(folder.parent).free < artifact.size:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder.parent))
    complete = part / "complete"
    try:
        complete.mkdir(parents=True)
        for jar in maven.download(artifact, part / "repository", repository):
            with jar.open("rb") as handle:
                os.fsync(handle.fileno())  # a power cut must not leave a folder of empty files
            jar.rename(complete / jar.name)
        complete.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


@contextmanager
def _only_one(lock: Path, artifact: Artifact) -> Iterator[None]:
    """Hold a lock that ends with the process, however it ends."""
    with lock.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.stderr.write(f"waiting for another process that downloads {artifact.title}\n")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _failure(artifact: Artifact, cache: Path, error: OSError) -> StackError:
    """What went wrong, as a person can mend it."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        size = f"{artifact.size / 1e6:.0f} MB"
        return StackError(
            f"no space for {artifact.title} ({size}) in {cache}: make room there, "
            "or set OOM_INGEST_CACHE to a folder that has it"
        )
    return StackError(
        f"{artifact.title} cannot be kept in {cache} ({error.strerror or error}): "
        "set OOM_INGEST_CACHE to a folder that can be written"
    )
