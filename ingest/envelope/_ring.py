"""What the kernel's own log puts before a message: uptime, date, level, thread, and what a relay repeats of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ingest.model import TimeSource
from ingest.timestamps import dated_time, month_of, yearless_time

if TYPE_CHECKING:
    from ingest.envelope._sent import Anchor, Sent
    from ingest.model import When

PRI = re.compile(r"<(?P<pri>\d{1,3})>")
_KERNEL_TAG = re.compile(r" *(?:kernel: ?|\[kernel\] )")
"""``[kernel]`` is metalog's."""
_UPTIME = re.compile(
    r" *\[ *(?:(?P<cpu>\d{1,4})-)?(?P<seconds>\d{1,10})\.(?P<fraction>\d{3,6})"
    r"(?:s| / \d\d-\d\d [\d:.]{8,15}| +(?:<[ \d.*]+>)?)?\] ?"
)
"""``dmesg -d`` and ``journalctl -o short-delta`` tell the time since the line before it too; LG's kernels the date."""
_CALLER = re.compile(r" *\[ *(?P<caller>[TC]\d{1,10})\] ?")
_CPU_AND_TASK = re.compile(
    r" *(?:\(\d{1,3}\)\[(?P<mediatek>\d{1,10}):[^\]]{0,16}\]"
    r"|\[pid:(?P<huawei>\d{1,10}),cpu\d{1,3},[^\]]{0,24}\]|\[\d{1,3}:[^\]]{1,16}: *(?P<samsung>\d{1,10})\]) ?"
)
"""``(4)[10628:Cam@AuxSensorCo]``, ``[pid:1234,cpu4,kswapd0]``, ``[2:  kswapd0:  60]``: kernels of MediaTek, Huawei and
Samsung tell CPU, thread and name behind the uptime."""
_DATED = re.compile(
    r" *\[\w{1,12}\.? {1,3}(?P<month>\w{1,12})\.? {1,2}(?P<day>\d{1,2}) (?P<clock>\d\d:\d\d:\d\d) "
    r"(?:[A-Z]{3,5} )?(?P<year>\d{4})(?: <[ \d.]+>)?\] ?"
)
"""``dmesg -T``; day and month are words of the locale. ``log -T`` of ``crash`` has a zone's letters before the year."""
_MINUTE = re.compile(r" *\[(?P<month>[A-Z][a-z]{2}) ?(?P<day>\d{1,2}) (?P<clock>\d\d:\d\d)\] ?")
_RELATIVE = re.compile(r" *\[(?: *\+\d{1,9}\.\d{1,6}|< *\d{1,9}\.\d{6}>)\] ?")
"""Nothing but the time since the line before: ``dmesg -H``, and ``dmesg -dt``."""


def ring(sent: Sent, anchor: Anchor) -> Sent:
    """Take off what the kernel's own log puts before a message, in any order and as often as relays repeat it."""
    if sent.tag not in (None, "kernel"):
        return sent
    text, at = sent.message, 0
    tag, uptime, caller, when = sent.tag, sent.uptime_us, sent.caller, sent.when
    while text[at : at + 1] in " [<k(":  # with which each of them begins
        if found := _KERNEL_TAG.match(text, at):
            tag = "kernel"
        elif found := _UPTIME.match(text, at):
            uptime = int(found["seconds"]) * 1_000_000 + int(found["fraction"].ljust(6, "0"))
            caller = f"C{found['cpu']}" if found["cpu"] else caller
        elif found := _CALLER.match(text, at):
            caller = found["caller"]
        elif found := _CPU_AND_TASK.match(text, at):
            caller = f"T{found[found.lastgroup or 0]}"
        elif found := PRI.match(text, at):
            pass
        elif found := (_DATED.match(text, at) or _MINUTE.match(text, at)):
            when = when or _computed(found, anchor)
        elif not (found := _RELATIVE.match(text, at)):
            break
        at = found.end()
    return replace(sent, message=text[at:], tag=tag, uptime_us=uptime, caller=caller, when=when)


def _computed(found: re.Match[str], anchor: Anchor) -> When | None:
    """The time that ``dmesg -T`` or ``-H`` computed."""
    month, day, clock = month_of(found["month"]), int(found["day"]), found["clock"]
    if "year" in found.re.groupindex:
        return dated_time(int(found["year"]), month, day, clock, anchor.zone, TimeSource.DMESG)
    when = yearless_time(month, day, f"{clock}:00", anchor.zone, anchor.hint)
    return replace(when, source=TimeSource.DMESG) if when else None
