"""A Dockerfile carried out without an engine: each step in a root of its own, by Debian's bubblewrap.

There is no engine where the tests run, and no base image can be had. A minimal Debian of the same release stands in
for it, with its own Python where the image has one in ``/usr/local``. What this shows: the steps work from the
files that Docker is given, what they install needs no compiler and no library beyond the base, and the result runs
read-only, as nobody, without capabilities.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_FETCHING = re.compile(r"PIP_\w+|\w+_(CERT|CERT_FILE|CERT_DIR|CA_BUNDLE)|\w+_proxy", re.IGNORECASE)
"""What of our environment a step needs to reach the registry of packages."""
_OF_THE_NETWORK = ("/etc/hosts", "/etc/resolv.conf")
"""What an engine, too, takes from the machine."""
_OF_THE_MACHINE = (*_OF_THE_NETWORK, "/etc/ssl/certs", "/etc/pip.conf")
_PATH = "/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin"
_MOUNT = re.compile(r"--mount=(\S+)\s+")
_SAYS_NOTHING = frozenset({"LABEL", "EXPOSE"})


@dataclass
class Image:
    """A root with what is remembered of how to run it."""

    root: Path
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": _PATH})
    workdir: str = "/"
    user: str = "0:0"
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    stop_signal: str = "SIGTERM"

    def run(self, *words: str, entrypoint: Iterable[str] | None = None, **environment: str) -> list[str]:
        """A command line: ``docker run --read-only --cap-drop ALL --tmpfs /tmp``, on the network of this machine."""
        begin = self.entrypoint if entrypoint is None else entrypoint
        uid, _, gid = self.user.partition(":")
        nobody = ["/usr/bin/setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups"]
        nobody += ["--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"]
        kept = [f"--cap-add=CAP_{name}" for name in ("SETUID", "SETGID", "SETPCAP")]  # setpriv gives them up
        kept = [word for each in kept for word in each.split("=")]
        root = ["--ro-bind", str(self.root), "/", *_shared(_OF_THE_NETWORK)]
        sandbox = _sandbox(root, {**self.environment, **environment}, self.workdir)
        return [*sandbox, *kept, "--", *nobody, *begin, *(words or self.command)]

    def stop(self, process: subprocess.Popen[bytes]) -> int:
        """``docker stop``: the signal to the program itself, not to the sandbox around it; its exit status."""
        inner = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("ascii").split()
        os.kill(int(inner[0]), signal.Signals[self.stop_signal])
        return process.wait(timeout=30)


def debian(folder: Path) -> Image:
    """The stand-in for ``python:3.11-slim-bookworm``: essential packages, and ``python`` and ``pip`` in /usr/local."""
    words = ["--quiet", "--variant=essential", "--include=python3-venv,ca-certificates"]
    words += ["--dpkgopt=force-unsafe-io"]
    words += [f"--dpkgopt=path-exclude=/usr/share/{each}/*" for each in ("doc", "man", "locale")]
    subprocess.run(["mmdebstrap", *words, "bookworm", str(folder)], check=True, capture_output=True)
    base = Image(folder)
    for path in _OF_THE_NETWORK:
        (folder / path.lstrip("/")).touch()
    _step(base, "python3 -m venv /usr/local", {}, [])
    return base


def build(text: str, context: Mapping[str, Path], base: Image, folder: Path, arguments: Mapping[str, str]) -> Image:
    """Carry out a Dockerfile.

    Args:
        text: Its text.
        context: The files that Docker is given, by their path in the context.
        base: What every ``FROM`` of an image stands for.
        folder: Where the stages' roots are made.
        arguments: ``--build-arg``.
    """
    stages: dict[str, Image] = {}
    image = base
    given: dict[str, str] = {}
    for word, rest in _instructions(text):
        expanded = re.sub(r"\$(\w+)", lambda found: {**image.environment, **given}[found[1]], rest)  # noqa: B023
        if word == "FROM":
            name = rest.partition(" AS ")[2] or "last"
            image = stages[name] = Image(folder / name)
            given = {}
            # Devices stay devices; files are linked, for no step changes one of the base in its place.
            subprocess.run(["cp", "--archive", "--link", str(base.root), str(image.root)], check=True)
        elif word == "ARG":
            name, _, default = rest.partition("=")
            given[name] = arguments.get(name, default)
        elif word == "ENV":
            image.environment |= dict(pair.split("=", 1) for pair in shlex.split(expanded))
        elif word == "WORKDIR":
            image.workdir = rest
            (image.root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
        elif word == "COPY":
            assert rest == ". ."
            _copy(context, image.root / image.workdir.lstrip("/"))
        elif word == "RUN":
            mounts = [_bind(found, context, stages) for found in _MOUNT.findall(rest)]
            _step(image, _MOUNT.sub("", rest), given, mounts)
        elif word in ("ENTRYPOINT", "CMD"):
            setattr(image, "entrypoint" if word == "ENTRYPOINT" else "command", json.loads(rest))
        elif word in ("USER", "STOPSIGNAL"):
            setattr(image, "user" if word == "USER" else "stop_signal", rest)
        else:
            assert word in _SAYS_NOTHING, f"{word} is not known here"
    return image


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    kept = [line for line in text.splitlines() if not line.startswith("#")]
    for line in "\n".join(kept).replace("\\\n", " ").splitlines():
        if line.strip():
            word, _, rest = line.partition(" ")
            yield word, rest.strip()


def _bind(options: str, context: Mapping[str, Path], stages: Mapping[str, Image]) -> list[str]:
    """``--mount=type=bind,from=STAGE,source=X,target=Y``; without a stage the source is a file of the context."""
    told = dict(option.split("=", 1) for option in options.split(","))
    assert told["type"] == "bind"
    stage = told.get("from")
    source = stages[stage].root / told["source"].lstrip("/") if stage else context[told["source"]]
    return ["--ro-bind", str(source), told["target"]]


def _copy(context: Mapping[str, Path], target: Path) -> None:
    for name, path in context.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target / name)


def _step(image: Image, command: str, arguments: Mapping[str, str], mounts: list[list[str]]) -> None:
    fetching = {name: value for name, value in os.environ.items() if _FETCHING.fullmatch(name)}
    root = ["--bind", str(image.root), "/", *(word for mount in mounts for word in mount), *_shared(_OF_THE_MACHINE)]
    sandbox = _sandbox(root, {**fetching, **image.environment, **arguments}, image.workdir)
    done = subprocess.run([*sandbox, "--", "/bin/sh", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def _shared(paths: Iterable[str]) -> list[str]:
    return [word for path in filter(os.path.exists, paths) for word in ("--ro-bind", path, path)]


def _sandbox(root: list[str], environment: Mapping[str, str], workdir: str) -> list[str]:
    settings = [word for name, value in environment.items() for word in ("--setenv", name, value)]
    places = ["--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--chdir", workdir]  # noqa: S108  inside of it
    return ["bwrap", *root, *places, "--unshare-ipc", "--unshare-uts", "--die-with-parent", "--clearenv", *settings]
