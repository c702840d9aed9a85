"""Fields that no board shows, with the reason. They are there for Discover, for filters and for programs.

A field is either on a board, in a saved search, or here; a contract test holds that.
"""

from __future__ import annotations

FOR_DISCOVER: dict[str, tuple[str, ...]] = {
    "the envelope of ECS, the same in every document": (
        "ecs.version", "event.id", "event.kind", "event.module", "event.dataset", "event.category", "event.type",
        "event.outcome", "event.ingested", "event.start", "oom.schema_version", "oom.envelope",
    ),
    "where a record was read": (
        "kafka.partition", "kafka.offset", "event.created", "host.hostname", "oom.kernel.timestamp.us",
        "oom.episode.open",
    ),
    "what shippers and lookup tables add: filter by it": (
        "agent.", "cloud.", "labels", "kubernetes.labels", "host.id", "host.ip", "host.architecture", "host.type",
        "host.os.name", "host.os.version", "host.os.family", "host.os.platform", "orchestrator.type",
        "orchestrator.cluster.id", "orchestrator.namespace", "orchestrator.resource.", "kubernetes.node.name",
        "kubernetes.daemonset.name", "kubernetes.statefulset.name", "container.name", "process.user.name",
        "oom.trigger.user.name",
    ),
    "a second name of what a board shows": (
        "oom.scope_name", "oom.cgroup.limit.ancestors", "oom.cgroup.killed.", "oom.cgroup.task.ancestors",
        "systemd.slice", "systemd.session", "oom.episode.signatures", "oom.episode.victim_names", "error.type",
    ),
    "a detail of one report, read in its document": (
        "oom.kernel.taint", "oom.trigger.pid", "oom.trigger.user.id", "oom.trigger.score_adj", "oom.trigger.adj_legacy",
        "oom.request.gfp_mask", "oom.request.gfp_flags", "oom.request.nodemask", "oom.request.mems_allowed",
        "oom.request.cpuset", "oom.culprit.kind", "oom.culprit.pid", "oom.culprit.doubts", "oom.report.victim_count",
        "oom.report.line_count", "oom.report.original_truncated", "oom.system.page_size.",
        "process.command_line", "oom.culprit.freed.pages", "oom.culprit.group.rss.bytes",
    ),
    "a detail of one victim, read in its document": (
        "oom.victim.badness", "oom.victim.adj_legacy", "oom.victim.signal", "oom.victim.memory.total_vm.bytes",
        "oom.cgroup.task.path", "oom.task.total_vm.bytes",
    ),
    "counters of limits beside the one that is shown": (
        "oom.cgroup.memory.limit.unlimited", "oom.cgroup.swap.limit.unlimited", "oom.cgroup.swap.failcnt",
        "oom.cgroup.memory_swap.limit.", "oom.cgroup.memory_swap.failcnt", "oom.cgroup.kmem.limit.",
        "oom.cgroup.kmem.failcnt",
    ),
    "the rest of memory.stat and of the machine's memory: too many for a table": (
        "oom.cgroup.stat.kernel.bytes", "oom.cgroup.stat.slab.bytes", "oom.cgroup.stat.percpu.bytes",
        "oom.cgroup.stat.vmalloc.bytes", "oom.cgroup.stat.file_mapped.bytes", "oom.cgroup.stat.file_dirty.bytes",
        "oom.cgroup.stat.file_writeback.bytes", "oom.cgroup.stat.unevictable.bytes",
                "oom.cgroup.stat.mapped_file.bytes",
        "oom.cgroup.stat.swap.bytes", "oom.system.memory.reserved.bytes", "oom.system.memory.dirty.bytes",
        "oom.system.memory.writeback.bytes", "oom.system.memory.mapped.bytes", "oom.system.memory.slab.bytes",
        "oom.tasks.count", "oom.tasks.rss_total.bytes",
    ),
    "for display only, not indexed": (
        "oom.tasks.top", "oom.host_seen", "oom.system.memory_other", "oom.system.zones", "oom.system.huge_pages",
        "oom.system.slabs", "oom.system.allocations", "oom.cgroup.stat_other",
    ),
}  # fmt: skip
"""Reason to names; a name that ends with a dot stands for all below it."""


def is_for_discover(name: str) -> bool:
    """Whether a field is listed above."""
    listed = (each for names in FOR_DISCOVER.values() for each in names)
    return any(name.startswith(each) if each.endswith(".") else name == each for each in listed)
