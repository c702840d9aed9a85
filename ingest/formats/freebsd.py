"""FreeBSD (sys/vm/vm_pageout.c, killproc in sys/kern/kern_sig.c), NetBSD and OpenBSD (sys/uvm/uvm_fault.c).

    pid 598 (ntpd), jid 0, uid 0, was killed: out of swap space
    UVM: pid 598 (ntpd), uid 0 killed: out of swap

``killproc`` has other callers: only reasons that are about memory are read.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pyparsing as pp
from msgspec.structs import replace

from ingest.formats._daemon import DaemonProgress, Signalled, noted, reporter
from ingest.formats._elements import comm, integer, pattern, word
from ingest.formats._types import Fields, Format, Wording
from ingest.model import Code, Role

if TYPE_CHECKING:
    from ingest.model import Block, PageSize, Report

_REASONS = r"out of swap space|out of swap|failed to reclaim memory|a thread waited too long to allocate a page"


def _kill() -> pp.ParserElement:
    return (
        word("pid")
        + integer("pid")
        + word("(")
        + comm(r"\), (?:jid \d+, )?uid -?\d+, was killed: ")
        + word("),")
        + pp.Optional(word("jid") + integer("jid") + word(","))
        + word("uid")
        + integer("uid")
        + word(", was killed:")
        + pattern(_REASONS, "reason")
    )


def _uvm() -> pp.ParserElement:
    return (
        word("UVM: pid")
        + integer("pid")
        + word("(")
        + comm(r"\), uid -?\d+ killed: ")
        + word("), uid")
        + integer("uid")
        + word("killed:")
        + pattern(r"out of swap", "reason")
    )


def _swap() -> pp.ParserElement:
    return pp.Suppress(pp.Regex(r"swap_pager: out of swap space|swp_pager_getswapspace\(\d+\): failed"))


def _read(found: Fields) -> Signalled:
    return Signalled.read(found | {"signal": "SIGKILL", "certain": True})


_told = reporter("freebsd", "kernel", "out of swap space", headless=True, ran_out=Code.MACHINE_MEMORY)


def _report(block: Block, page_size: PageSize) -> Report:
    """By the reason of ``vm_pageout_oom``: swap ran out, or no page came free (VM_OOM_MEM, VM_OOM_MEM_PF)."""
    found = _told(block, page_size)
    return replace(found, ran_out=Code.SWAP_SPACE) if found.reason.startswith("out of swap") else found


FORMAT = Format(
    name="freebsd",
    title="FreeBSD, NetBSD, OpenBSD",
    versions="FreeBSD 4 to 15, NetBSD, OpenBSD",
    tags=frozenset({"kernel"}),
    progress=partial(DaemonProgress),
    report=_report,
    head_ends_report=True,
    wordings=(
        Wording(
            id="freebsd.kill",
            role=Role.VICTIM,
            anchors=(", was killed: ",),
            grammar=_kill,
            part=_read,
            source="killproc (sys/kern/kern_sig.c)",
            versions="FreeBSD 4 to 15; jid since 12",
            example="pid 598 (ntpd), jid 0, uid 0, was killed: out of swap space",
        ),
        Wording(
            id="freebsd.uvm",
            role=Role.VICTIM,
            anchors=("UVM: pid ",),
            grammar=_uvm,
            part=_read,
            source="uvm_fault (sys/uvm/uvm_fault.c)",
            versions="NetBSD, OpenBSD",
            example="UVM: pid 598 (ntpd), uid 0 killed: out of swap",
        ),
        Wording(
            id="freebsd.swap",
            role=Role.BODY,
            anchors=("swap_pager: ", "swp_pager_getswapspace("),
            grammar=_swap,
            part=noted,
            source="swap_pager_getpages, swp_pager_getswapspace (sys/vm/swap_pager.c)",
            versions="FreeBSD 4 to 15",
            example="swp_pager_getswapspace(32): failed",
        ),
    ),
)
