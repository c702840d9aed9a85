"""Pins, lock file and page of licences agree with each other and with what is installed."""

from __future__ import annotations

import re
from pathlib import Path

from tests import licences

ROOT = Path(__file__).parent.parent.parent
_PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)==([^\s;\\]+)", re.MULTILINE)
FINE = re.compile(r"Apache|MIT|BSD|MPL|Mozilla|PSF|ISC")


def pins(name: str) -> dict[str, str]:
    found = _PIN.findall((ROOT / name).read_text())
    return {re.sub(r"[-_.]+", "-", package).lower(): version for package, version in found}


def test_the_lock_has_the_pinned_versions_of_everything_that_is_needed_and_no_more() -> None:
    locked, pinned = pins("requirements.lock"), pins("constraints.txt")
    assert locked == {name: pinned[name] for name in licences.closure()}, "run `make lock`"


def test_every_locked_version_has_hashes() -> None:
    entries = re.split(r"^(?=[a-z0-9])", (ROOT / "requirements.lock").read_text(), flags=re.MULTILINE)
    assert [entry.splitlines()[0] for entry in entries[1:] if "--hash=sha256:" not in entry] == []


def test_the_page_of_licences_is_up_to_date() -> None:
    assert licences.PAGE.read_text() == licences.page(), "run `make generate`"


def test_every_licence_is_one_that_asks_nothing_of_those_who_use_us() -> None:
    stated = {name: licences.licence(package) for name, package in licences.closure().items()}
    assert {name: text for name, text in stated.items() if not FINE.search(text)} == {}
