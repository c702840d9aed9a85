"""Records of a host are found however they spell its name: packed they give the documents that they give one by one."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache
from itertools import pairwise
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ingest.model import Origin, Raw
from ingest.reading import names
from ingest.reading.gate import PlainGate
from tests.generator.kernels import GENERATIONS
from tests.property.test_packed import batch, read
from tests.robustness.envelopes import rfc3164, ring
from tests.robustness.streams import Logged, stream

NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
"""Smaller examples of long logs take minutes to find."""
A_MOMENT = timedelta(seconds=0.2)
KINDS = GENERATIONS[-2:]
Spelled = tuple[str, str | None]
"""A record's value, and the host that its key or a header names."""


def text(line: Logged, host: str) -> str:
    return rfc3164(replace(line, host=host))[0].decode()


def escaped(name: str) -> str:
    r"""Each letter as JSON may have it: ``\u002d``."""
    return "".join(f"\\u{ord(letter):04x}" for letter in name)


SPELLINGS: dict[str, Callable[[Logged], Spelled]] = {
    "upper case": lambda line: (text(line, line.host.upper()), None),
    "mixed case": lambda line: (text(line, line.host.title()), None),
    "the Kelvin sign": lambda line: (text(line, line.host.replace("k", "\u212a")), None),
    "colours": lambda line: (text(line, f"{line.host[:2]}\x1b[1;31m{line.host[2:]}"), None),
    "the key alone": lambda line: (ring(line), line.host),
    "the key in upper case": lambda line: (ring(line), line.host.upper()),
    "line, key and header": lambda line: (text(line, line.host), line.host),
    "no prefix": lambda line: (line.text, line.host),
    "no host": lambda line: (ring(line), None),
    "JSON": lambda line: (json.dumps({"MESSAGE": ring(line), "_HOSTNAME": line.host}), None),
    "JSON's escapes": lambda line: (f'{{"message":"{ring(line)}","host":"{escaped(line.host)}"}}', None),
    "JSON's escapes in a line": lambda line: (
        f'{{"log":"{text(line, line.host).replace(line.host, escaped(line.host))}"}}',
        None,
    ),
    "colours in JSON": lambda line: (json.dumps({"log": text(line, f"{line.host[:2]}\x1b[m{line.host[2:]}")}), None),
    "the Kelvin sign in JSON": lambda line: (json.dumps({"log": text(line, line.host.replace("k", "\u212a"))}), None),
    "bytes": lambda line: (json.dumps({"MESSAGE": list(text(line, line.host).encode())}), None),
    "bytes, nested": lambda line: (json.dumps({"event": {"original": list(text(line, line.host).encode())}}), None),
    "bytes, apart": lambda line: (f'{{"log" :\t{json.dumps(list(text(line, line.host).encode()), indent=1)}}}', None),
}
"""Ways to name the same host."""

STRANGERS = ("kiln-0", "kiln-000", "xkiln-00", "kiln-00.example.com", "iln-00", "db-1", "KILN-001")
BESIDE: tuple[dict[str, object], ...] = (
    {"log": {"offset": 8}, "host": {"name": "kiln-00"}},
    {"process": {"name": "kernel"}},
    {"_HOSTNAME": "kiln-01", "_BOOT_ID": "7f0c"},
    {"_HOSTNAME": "kiln-00", "_BOOT_ID": "7f0c", "SYSLOG_IDENTIFIER": "sshd"},
)
FOREIGN = ("kernel: usb 1-1: new device", "sshd[811]: session of kiln-00 closed", "nothing that has a tag", "{x}", "")


@cache
def lines(hosts: int) -> tuple[Logged, ...]:
    told = stream(11, kills=6, hosts=hosts, of=KINDS)
    return tuple(replace(line, host=line.host.replace("node", "kiln")) for line in told.lines)


def records(spelled: Callable[[Logged], Spelled], share: float, hosts: int, random: Random) -> Iterator[Raw]:
    """A host's records, some spelled in another way, with those of other hosts between them."""
    for line in lines(hosts):
        while random.random() < 0.7:
            host = random.choice((*STRANGERS, line.host))
            foreign = f"{line.at:%b} {line.at.day:2} {line.at:%H:%M:%S} {host} {random.choice(FOREIGN)}"
            shipped = json.dumps({"message": foreign, **random.choice(BESIDE)})
            yield raw(random.choice((foreign, shipped)), None, line)
        yield raw(*(spelled(line) if random.random() < share else (text(line, line.host), None)), line)


def raw(value: str, host: str | None, line: Logged) -> Raw:
    at = line.at.replace(microsecond=line.at.microsecond // 1000 * 1000)
    return Raw(Origin("syslog", 0, 0), value.encode() or None, at, host)


def assert_the_same(found: list[Raw], edges: list[int], codec: int) -> None:
    numbered = [replace_offset(each, number) for number, each in enumerate(found)]
    places = [0, *sorted({edge % len(numbered) for edge in edges} - {0}), len(numbered)]
    pieces = [tuple(numbered[begin:end]) for begin, end in pairwise(places)]
    assert read([[batch(piece, codec)] for piece in pieces]) == read(pieces)


def replace_offset(each: Raw, number: int) -> Raw:
    return Raw(Origin("syslog", 0, number), each.value, each.recorded_at, each.host)


@pytest.mark.parametrize("spelling", SPELLINGS)
@settings(max_examples=4, phases=NO_SHRINKING)
@given(
    edges=st.lists(st.integers(1, 5_000), max_size=4),
    share=st.sampled_from((0.05, 0.5, 1.0)),
    hosts=st.integers(1, 3),
    seed=st.integers(0, 1 << 30),
)
def test_a_host_is_found_in_every_spelling(
    spelling: str, edges: list[int], share: float, hosts: int, seed: int
) -> None:
    assert_the_same(list(records(SPELLINGS[spelling], share, hosts, Random(seed))), edges, 0)


@pytest.mark.parametrize("spelling", ["line, key and header", "upper case", "JSON", "the key alone"])
@settings(max_examples=5, phases=NO_SHRINKING)
@given(share=st.sampled_from((0.5, 1.0)), hosts=st.integers(1, 3), seed=st.integers(0, 1 << 30))
def test_lines_of_a_moment_are_found_together(spelling: str, share: float, hosts: int, seed: int) -> None:
    found = list(records(SPELLINGS[spelling], share, hosts, Random(seed)))
    times = pairwise(each.recorded_at for each in found)
    pauses = [number for number, (before, at) in enumerate(times, 1) if at - before > A_MOMENT]
    assert_the_same(found, pauses, 0)


def test_without_hyperscan(monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(3)
    for spelling in SPELLINGS.values():
        found = list(records(spelling, 0.5, 2, random))
        clear()
        with monkeypatch.context() as without:
            without.setitem(sys.modules, "hyperscan", None)
            assert_the_same(found, [500], 3)
        clear()


def clear() -> None:
    names._search.cache_clear()  # noqa: SLF001
    names._in_json.cache_clear()  # noqa: SLF001


@pytest.mark.parametrize("host", ["K\u00d6-1", "A B", "kiln\\ff"])
def test_unusual_names_are_not_looked_for(host: str) -> None:
    assert not names.can_be_found([host.lower(), "kiln-00"])
    told = lambda line: (json.dumps({"msg": ring(line), "host": host}, ensure_ascii=False), None)  # noqa: E731
    assert_the_same(list(records(told, 1, 1, Random(5))), [100, 300], 0)


def test_a_search_is_used_again_while_it_will_do() -> None:
    sought, place = names.Sought(), ("syslog", 0)
    some = frozenset(f"node-{number}" for number in range(20))
    assert sought.on(place, some) == (some, frozenset())
    assert sought.on(place, some | {"db-1"}) == (some, frozenset({"db-1"}))
    assert sought.on(place, frozenset({"node-1", "node-2"})) == (some, frozenset())
    others = frozenset(f"web-{number}" for number in range(17))
    assert sought.on(place, some | others) == (some | others, frozenset())
    assert sought.on(place, frozenset({"node-1"})) == (frozenset({"node-1"}), frozenset())


def test_no_other_letter_is_a_usual_one_in_lower_case() -> None:
    usual = {chr(code) for code in range(0x80, sys.maxunicode + 1) if names.can_be_found([chr(code).lower()])}
    assert usual == {"\u212a"}


@given(
    block=st.lists(st.one_of(st.binary(max_size=8), st.sampled_from([b"node-1", b"NODE-1", b"node-10", b"ode-"]))).map(
        b"".join
    )
)
def test_both_searches_find_the_same_places(block: bytes) -> None:
    known = ("node-1", "node-10", "1")
    wanted = [at for at in range(len(block) + 1) if any(block[:at].lower().endswith(name.encode()) for name in known)]
    assert sorted(set(names.places(block, known))) == wanted
    assert sorted(set(PlainGate([name.encode() for name in known]).places(block.lower()))) == wanted


def test_every_letter_of_a_usual_name_may_be_escaped() -> None:
    letters = [chr(code) for code in range(0x80) if names.can_be_found([chr(code).lower()])]
    assert len(letters) == 26 * 2 + 10 + 3
    for letter in letters:
        for spelled in (escaped(letter), escaped(letter).upper().replace("U", "u", 1)):
            assert names.disguises_in_json(f'{{"host":"no{spelled}e"}}'.encode())


def test_a_crowd_of_hosts_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    found = list(records(SPELLINGS["upper case"], 0.5, 3, Random(9)))
    for most in (0, 1, 2):
        monkeypatch.setattr(names, "MOST", most)
        assert_the_same(found, [200, 600], 0)
