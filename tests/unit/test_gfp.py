"""Allocation flags by kernel generation; the masks are those of real logs, the names those of their gfp.h."""

from __future__ import annotations

import pytest

from ingest.formats.linux import gfp


@pytest.mark.parametrize(
    ("mask", "release", "flags"),
    [
        ("0x1201d2", "2.6.24-19-server", "HIGHMEM WAIT IO FS COLD HARDWALL MOVABLE"),
        ("0x201da", "2.6.32-279.1.1.el6.i686", "HIGHMEM MOVABLE WAIT IO FS COLD HARDWALL"),
        ("0xd0", "3.10.0-514.el7.x86_64", "WAIT IO FS"),
        ("0x280da", "3.4.0", "HIGHMEM MOVABLE WAIT IO FS ZERO HARDWALL"),
        ("0x24000c0", "4.4.0-21-generic", "IO FS DIRECT_RECLAIM KSWAPD_RECLAIM"),
    ],
)
def test_the_bits_of_a_generation_are_named(mask: str, release: str, flags: str) -> None:
    assert set(gfp.names(mask, release)) == {f"__GFP_{flag}" for flag in flags.split()}


def test_left_over_bits_stay_hex_and_no_release_means_no_names() -> None:
    assert gfp.names("0x80000010", "3.10.0") == ("__GFP_WAIT", "0x80000000")
    assert gfp.names("0xd0", None) == ()
    assert gfp.names("0xd0", "5.15.0") == ()
    assert gfp.names("0xd0", "2.4.32") == ()
