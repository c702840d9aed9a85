"""The opening of a report: who asked for memory, for what, on which kernel (dump_header, dump_stack)."""

from __future__ import annotations

import pyparsing as pp

from ingest.formats._elements import comm, first_comm, ignored, integer, pattern, rest, until, word
from ingest.formats._types import Fields, Wording
from ingest.formats.linux._part import LinuxPart, made
from ingest.model import Role

NODES = r"\(null\)|\d{1,5}(?:[,-]\d{1,5})*"
"""A node list as ``%*pbl`` prints it; a null mask prints ``(null)``."""


class Header(LinuxPart, frozen=True, kw_only=True):
    """Who asked, and for what. What a generation does not print is ``None``."""

    trigger: str | None = None
    trigger_pid: int | None = None
    mask: str | None = None
    flags: tuple[str, ...] = ()
    order: int | None = None
    nodemask: str | None = None
    adj_legacy: int | None = None
    score_adj: int | None = None
    ub: int | None = None

    @classmethod
    def read(cls, found: Fields) -> Header:
        """From any header's grammar."""
        ub = {"loc": None, "glob": -1}.get(found.get("where", ""), found.get("ub"))
        return cls(
            trigger=found.get("name"),
            trigger_pid=found.get("asker"),
            mask=found.get("mask"),
            flags=tuple(flag for flag in found.get("flags", "").split("|") if flag),
            order=found.get("order"),
            nodemask=_nodes(found.get("nodemask")),
            adj_legacy=found.get("adj_legacy"),
            score_adj=found.get("score_adj"),
            ub=ub,
        )


class Manual(LinuxPart, frozen=True, kw_only=True):
    """Somebody asked for a kill by SysRq; ``ignored`` where there was no task to kill."""

    ignored: bool = False


class Cpuset(LinuxPart, frozen=True, kw_only=True):
    """The trigger's cpuset and its memory nodes."""

    cpuset: str
    mems: str | None = None


class Cpu(LinuxPart, frozen=True, kw_only=True):
    """The trigger's thread id and the kernel."""

    thread: int
    release: str
    uid: int | None = None
    taint: tuple[str, ...] = ()

    @classmethod
    def read(cls, found: Fields) -> Cpu:
        """From the CPU or Pid line's grammar."""
        taint = tuple(letter for letter in found.get("taint", "") if letter.isalpha())
        return cls(thread=found["thread"], release=found["release"], uid=found.get("uid"), taint=taint)


class Stack(LinuxPart, frozen=True, kw_only=True):
    """A line of the stack dump; ``charge`` is a function that only a failed charge to a memory cgroup calls."""

    charge: str | None = None


class Hardware(LinuxPart, frozen=True, kw_only=True):
    """The machine's name."""

    text: str


def _nodes(text: str | None) -> str | None:
    return None if text in (None, "(null)") else text


def _mask() -> pp.ParserElement:
    flags = word("(") + pattern(r"[^)]*", "flags") + word(")")
    return pattern(r"0x[0-9a-fA-F]{1,16}|0\b", "mask") + pp.Optional(flags)


def _header() -> pp.ParserElement:
    asked = comm(r" invoked oom-killer: gfp_mask=") + word("invoked")
    return (
        pp.Optional(asked)
        + word("oom-killer: gfp_mask=")
        + _mask()
        + pp.Optional(word(", nodemask=") + pattern(NODES, "nodemask"))
        + pp.Optional(pp.Suppress(pp.Regex(r",\s+order=")) + integer("order"))
        + pp.Optional((word(", oomkilladj=") | word(", oom_adj=")) + integer("adj_legacy"))
        + pp.Optional(word(", oom_score_adj=") + integer("score_adj"))
    )


def _header_page_fault() -> pp.ParserElement:
    return (
        comm(r" invoked PF oom-killer: oomkilladj=")
        + word("invoked PF oom-killer: oomkilladj=")
        + integer("adj_legacy")
    )


def _asker(anchor: str) -> pp.ParserElement:
    return integer("asker") + word("(") + comm(rf"\) {anchor}") + word(")")


def _header_ub() -> pp.ParserElement:
    early = (
        word("invoked")
        + pp.one_of("loc glob")("where")
        + word("oom-killer: gfp")
        + pattern(r"0x[0-9a-fA-F]{1,16}", "mask")
        + word("order")
        + integer("order")
        + word("oomkilladj=")
        + integer("adj_legacy")
    )
    late = (
        word("invoked oom-killer in ub")
        + integer("ub")
        + word("generation")
        + integer("generation")
        + word("gfp")
        + pattern(r"0x[0-9a-fA-F]{1,16}", "mask")
    )
    return _asker(r"invoked (?:(?:loc|glob) oom-killer: gfp 0x|oom-killer in ub )") + (early | late)


def _cpuset() -> pp.ParserElement:
    return (
        pp.Suppress(pp.Regex(r".*(?= cpuset=.* mems_allowed=)").leave_whitespace())
        + word("cpuset=")
        + until(r" mems_allowed=", "cpuset")
        + word("mems_allowed=")
        + pp.Optional(pattern(r"\d{1,5}(?:[,-]\d{1,5})*(?!\d)", "mems"))
    )


def _cpu() -> pp.ParserElement:
    prefix = (
        pp.Suppress(pp.Regex(r"CPU: \d+"))
        + pp.Optional(word("UID:") + integer("uid"))
        + word("PID:")
        + integer("thread")
        + word("Comm: ")
    ) | (word("Pid:") + integer("thread") + word(", comm: "))
    tainted = word("Tainted:") + pattern(r"[A-Z][A-Z\s-]*(?=\s)", "taint")
    return (
        prefix
        + first_comm(r" (?:veid: \d+ )?(?:Kdump: loaded )?(?:Not tainted|Tainted: [A-Z][A-Z\s-]*) \d+\.")
        + pp.Optional(word("veid:") + integer("veid"))
        + pp.Optional(word("Kdump: loaded"))
        + (word("Not tainted") | tainted)
        + pattern(r"\d+\.\S+", "release")
        + ignored()
    )


def _hardware() -> pp.ParserElement:
    return word("Hardware name:") + rest("text")


def _stack() -> pp.ParserElement:
    """Frames, registers and raw words of a stack dump (arch/*/kernel/dumpstack.c)."""
    address = r"\[?<[0-9a-f]{8,16}>\]?"
    symbol = r"(?:\? )?[\w.]+\+0x[0-9a-f]+/0x[0-9a-f]+(?: \[[\w.\s-]+\])?"
    shapes = (
        r"Call [Tt]race:.*",
        r"</?(?:TASK|IRQ|NMI|EOI|EOE|SOFTIRQ)>.*",
        r"\[<[0-9a-f]{8,16}>\] \([^)]*\) from \[<[0-9a-f]{8,16}>\].*",
        rf"{address} (?:\? )?.*",
        symbol,
        r"(?:RIP|RSP|RAX|RBP|RDX|RSI|RDI|R\d\d|Code|EFLAGS|ORIG_RAX|RBX|RCX|CR2|CS|FS|DR\d): .*",
        r"[0-9a-f]{8,16}(?: [0-9a-f]{8,16})+",
        r"task: [0-9a-f]+ .*",
        r"Workqueue: .*",
        r"Tainted: \[[A-Z]\]=.*",
        r"COMPACTION is disabled!!!",
    )
    # A frame that the unwinder is sure of: no question mark stands before it.
    charge = pp.Suppress(pp.Optional(pp.Regex(address))) + pattern(
        r"mem_cgroup_(?:out_of_memory|oom_synchronize)(?=\+0x)", "charge"
    )
    return (charge + ignored()) | pp.Suppress(pp.Regex("|".join(f"(?:{shape})" for shape in shapes)))


def _manual() -> pp.ParserElement:
    return pp.Suppress(pp.Regex(r"[Ss]ys[Rr]q ?:")) + word("Manual OOM execution")


def _manual_ignored() -> pp.ParserElement:
    why = word("No task eligible") | word("because killer is disabled")
    return pp.Suppress(pp.Regex(r"[Ss]ys[Rr]q ?:")) + pp.Suppress(pp.Regex(r"OOM request ignored\.? ?")) + why


WORDINGS = (
    Wording(
        id="linux.header",
        role=Role.OPENS,
        anchors=("oom-killer: gfp_mask=",),
        grammar=_header,
        part=Header.read,
        source="dump_header, oom_kill_process, __out_of_memory",
        versions="2.6.11 to 7.1",
        example="go-oom-test invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=-997",
    ),
    Wording(
        id="linux.header_page_fault",
        role=Role.OPENS,
        anchors=(" invoked PF oom-killer: ",),
        grammar=_header_page_fault,
        part=Header.read,
        source="pagefault_out_of_memory of OpenVZ",
        versions="OpenVZ 2.6.32, early",
        example="httpd invoked PF oom-killer: oomkilladj=0",
    ),
    Wording(
        id="linux.header_ub",
        role=Role.OPENS,
        anchors=(" oom-killer: gfp 0x", " invoked oom-killer in ub "),
        grammar=_header_ub,
        part=Header.read,
        source="ub_oom_start, out_of_memory of OpenVZ",
        versions="042stab061 to 042stab141",
        example="21731 (php-cgi) invoked oom-killer in ub 1234 generation 77 gfp 0x200da",
    ),
    Wording(
        id="linux.manual",
        role=Role.EVIDENCE,
        anchors=("Manual OOM execution",),
        grammar=_manual,
        part=lambda _: Manual(),
        source="sysrq_handle_moom",
        versions="2.6 to 7.1",
        example="sysrq: Manual OOM execution",
    ),
    Wording(
        id="linux.manual_ignored",
        role=Role.BODY,
        anchors=("OOM request ignored",),
        grammar=_manual_ignored,
        part=lambda _: Manual(ignored=True),
        source="moom_callback",
        versions="4.1 to 7.1",
        example="sysrq: OOM request ignored. No task eligible",
    ),
    Wording(
        id="linux.cpuset",
        role=Role.BODY,
        anchors=(" mems_allowed=",),
        grammar=_cpuset,
        part=made(Cpuset),
        source="cpuset_print_current_mems_allowed",
        versions="2.6.29 to 4.20",
        example="httpd cpuset=/ mems_allowed=0",
    ),
    Wording(
        id="linux.cpu",
        role=Role.BODY,
        anchors=("Comm: ", "comm: "),
        grammar=_cpu,
        part=Cpu.read,
        source="dump_stack_print_info, show_regs, dump_stack",
        versions="2.6.16 to 7.1",
        example="CPU: 3 PID: 238350 Comm: go-oom-test Not tainted 5.15.0-91-generic #101-Ubuntu",
    ),
    Wording(
        id="linux.hardware",
        role=Role.BODY,
        anchors=("Hardware name:",),
        grammar=_hardware,
        part=made(Hardware),
        source="dump_stack_print_info",
        versions="3.10 to 7.1",
        example="Hardware name: QEMU Standard PC (i440FX + PIIX, 1996), BIOS 1.16.2-1 04/01/2014",
    ),
    Wording(
        id="linux.stack",
        role=Role.BODY,
        anchors=("0x", "Call ", ">", "R", "Code: ", "task: ", "Workqueue: ", "Tainted: [", "COMPACTION", " "),
        grammar=_stack,
        part=made(Stack),
        source="show_stack, show_regs, dump_header",
        versions="2.6.16 to 7.1",
        example=" dump_stack+0x66/0x8b",
    ),
)
