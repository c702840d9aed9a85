"""What programs print one after the other: sequences of formats, each one report of one host."""

from __future__ import annotations

from tests.generator.wordings import printed

_EARLYOOM_KILLS = ("killing.v0_4", "killing.v1_1", "killing.v1_2", "sending.v1_3", "sending.v1_3_rc", "sending.v1_4",
                   "sending.v1_8", "sending.v1_9")  # fmt: skip
_EARLYOOM_LOW = ("v0_4", "v1_1", "v1_2", "v1_3", "v1_2_kill", "v1_3", "v1_5", "v1_5")

DAEMONS: dict[str, tuple[tuple[str, ...], ...]] = {
    "earlyoom": (
        *(
            (f"low.{low}", kill, "escalating.v1_3", "status.report_old", "exited.v1_3")
            for low, kill in zip(_EARLYOOM_LOW, _EARLYOOM_KILLS, strict=True)
        ),
        ("low.v1_5", "status.report", "sending.v1_9", "status.release", "status.group", "exited.v1_8"),
        ("low.v1_5", "sending.v1_9", "not_exited.plain"),
        ("low.v1_3", "sending.v1_4", "failed.why"),
        ("low.v1_5", "sending.v1_9", "dry_run.plain"),
        ("low.v1_5", "status.total", "status.start", "status.kernel", "sending.v1_8"),
    ),
    "nohang": (
        ("victim.line", "action.plain", "sending.signal", "status.ok", "died.seconds"),
        ("victim.fast", "held.new", "action.plain", "sending.signal", "status.respond"),
        ("victim.fast", "action.plain", "status.command", "died.zombie"),
        ("victim.line", "held.old", "action.old", "sending.old"),
        ("victim.fast", "spared.now"),
        ("victim.fast", "spared.small"),
        ("victim.line", "action.plain", "status.table", "sending.signal", "status.memory", "status.avail", "status.kmsg"),
    ),
    "systemd": (("killed.killer", "failed.result"), ("killed.kernel",), ("failed.result",)),
    "systemd_oomd": (
        ("killed.pressure", "candidates.considered", "candidates.path", "candidates.limit", "candidates.pressure",
         "candidates.usage", "candidates.min", "candidates.low", "candidates.pgscan", "candidates.last",
         "candidates.swap", "unit_killed.some", "unit.main", "unit.result", "unit.consumed", "unit.restart"),
        ("killed.swap", "candidates.over", "candidates.attempt", "unit.control"),
        ("killed.memory",),
        ("marked.pressure", "unit_killed.count"),
        ("marked.memory",),
        ("rule.all",),
        ("rule.below", "unit_killed.count"),
        ("dry_run.dry",),
    ),
    "oomd": (("kill.kill", "restarted.service"), ("kill.dry",)),
    "lmkd": (
        ("kill.new",), ("kill.anon",), ("kill.adj",), ("kill.adj_reason",), ("kill.samsung",), ("killing.old", "freed.old"),
    ),
    "lowmemorykiller": (
        ("send.old", "detail.select_old", "detail.scan"),
        ("send.prefixed",),
        ("killing.line", "detail.free", "detail.cache", "detail.above", "detail.select"),
    ),
    "kubelet": (("system_oom.event", "got.log"),),
    "containerd": (("task_oom.cri",), ("docker_oom.event",), ("task_oom.gogo",)),
    "node_problem_detector": (("oom_killing.event",), ("previous_container.event",)),
    "talos": (("kill.cgroup",), ("kill.cgroup", "victims.some"), ("kill.cgroup", "victims.none")),
    "freebsd": (("kill.jid", "swap.pager", "swap.getswapspace"), ("kill.old",), ("uvm.uvm",)),
    "openvz": (
        ("selecting.slm", "task.slm", "selected.slm", "exited.gen"),
        ("exited.gen", "exited.free"),
    ),
}  # fmt: skip
"""By family, without its name. OpenVZ's lines of one script are all of one container."""

KERNEL: tuple[tuple[str, ...], ...] = (
    ("header_page_fault.vsys", "selected.S2_vsys", "kill_bare.K2"),
    ("header.H1", "selected.S1_028stab", "kill_bare.K1"),
    ("header_ub.042stab061", "ub_round.starts", "ub_round.worst", "cpu.veid", "mem_info.ub", "kill_openvz.042stab061",
     "kill_rage.042stab061", "ub_round.ends"),
    ("header_ub.042stab088", "mem_info.ub", "beancounter_detail.gang", "beancounter_detail.total", "beancounter.held",
     "selected.child", "kill_openvz.042stab088", "kill_rage.042stab088", "ub_round.ends_late"),
    ("rage.042stab",),
    ("rage.VZ9",),
    ("manual.new", "header.H10", "kill.K7"),
    ("manual.old", "header.H4", "kill.K4"),
    ("manual.new", "manual_ignored.nobody"),
    ("manual.old", "manual_ignored.disabled"),
    ("header.H5", "task_in_first.torn", "task_in_second.torn", "selected.S3", "kill.K4", "also_killed.sharing"),
    ("header.H5", "selected.S3", "kill.VZ7", "also_killed.sharing_ve"),
    ("header.H10", "kill.VZ9", "also_killed.rage"),
    ("header.H9", "limit_reached.path", "no_victim.warning"),
    ("header.H10", "summary.memcg", "group.group", "kill.K7"),
    ("header.H10", "not_killed.exiting"),
    ("header.H4", "not_killed.would"),
    ("header.H10", "kill.K7", "unable_to_reap.unable"),
    ("header.H6", "kill.K5", "unable_to_reap.giving_up"),
    ("header.H10", "mem_info.new", "memcg_stats.heading", "memcg_stat.bytes", "memcg_stat.v1", "kill.K7"),
    ("header.H10", "allocations_heading.plain", "allocations_row.builtin", "allocations_row.module",
     "allocations_heading.profiling", "slab_heading.cannot", "kill.K7"),
    ("header.H7", "mem_info.new", "node.v4_8", "kill.K5"),
    ("header.H10", "mem_info.new", "node.v6_19", "zone.v6_19", "kill.K7"),
    ("header.H0", "mem_info.old", "free_pages.old", "pages.v2_4", "zone.v2_4", "swap.free_old", "per_cpu.low",
     "per_cpu.zone_empty", "kill_bare.K0"),
    *(("header.H10", f"{each.id.removeprefix('linux.')}") for each in printed().values() if each.reader == "linux.panic"),
    *(
        ("header.H10", each.id.removeprefix("linux."), "kill.K7")
        for each in printed().values()
        if each.reader in ("linux.beside", "linux.suppressed", "linux.neighbour", "linux.stack", "linux.beancounter_detail",
                           "linux.hardware")
    ),
)  # fmt: skip
"""Reports of the kernel beside the plain ones of each generation: refusals, panics, OpenVZ, neighbours."""

TAGS = {"earlyoom": "earlyoom[812]", "nohang": "nohang[644]", "systemd": "systemd[1]",
        "systemd_oomd": "systemd-oomd[1027]", "lmkd": "lowmemorykiller",
        "kubelet": "kubelet[1400]", "containerd": "containerd[990]", "talos": "talos",
        "node_problem_detector": "node-problem-detector[77]"}  # fmt: skip
"""Syslog tag of each family; the others are the kernel's."""
