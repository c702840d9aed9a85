"""The one catalogue of every field that is written: name, type, where it occurs, unit, meaning.

The index templates under ``mappings/`` and ``docs/fields.md`` are generated from here (``make generate``). Only field
types of the server core are used, so that any Elasticsearch 8 or 9 takes them.
"""

from __future__ import annotations

from ingest.kinds import DESCRIPTIONS, Field, Kind, Type

__all__ = [
    "DESCRIPTIONS", "ECS_VERSION", "FIELDS", "MEMORY_STAT", "SCHEMA_VERSION", "SHIPPED", "SYSTEM_MEMORY", "Field",
    "Kind", "Type",
]  # fmt: skip

SCHEMA_VERSION = 5
"""Grows with every change of a mapping. ``setup`` never installs an older one over a newer."""

ECS_VERSION = "9.4.0"


_KILL, _REPORT, _EPISODE = (Kind.KILL,), (Kind.REPORT,), (Kind.EPISODE,)
_TASK, _SIGNATURE, _DEAD, _PIPELINE = (Kind.TASK,), (Kind.SIGNATURE,), (Kind.DEADLETTER,), (Kind.PIPELINE,)
_SAID = (Kind.KILL, Kind.REPORT)
_GROUP = (*_SAID, Kind.EPISODE)
_LOGGED = (*_GROUP, Kind.TASK)
_ALL = tuple(Kind)


def _f(name: str, kind: Type, kinds: tuple[Kind, ...], text: str, unit: str = "") -> Field:
    return Field(name, kind, kinds, text, unit)


def _bytes(name: str, kinds: tuple[Kind, ...], text: str) -> Field:
    return Field(f"{name}.bytes", Type.LONG, kinds, text, "bytes")


_EVERYWHERE = (
    _f("@timestamp", Type.DATE, _ALL, "Time in the log line; `oom.time.*` says how far to trust it.", "ms"),
    _f("ecs.version", Type.KEYWORD, _ALL, "ECS version of the field names."),
    _f("event.id", Type.KEYWORD, _ALL, "The document's id, made of facts in the log."),
    _f("event.kind", Type.KEYWORD, _ALL, "`event`, `state`, `metric`, or `pipeline_error` for dead letters."),
    _f("event.module", Type.KEYWORD, _ALL, "Always `oom`."),
    _f("event.dataset", Type.KEYWORD, _ALL, "`oom.` and the kind."),
    _f(
        "event.action",
        Type.KEYWORD,
        _ALL,
        "What happened: `oom-kill`, `oom-kill-selected`, `oom-report`, `oom-episode`.",
    ),
    _f("event.created", Type.DATE, _SIGNATURE, "When the signature was first written.", "ms"),
    _f("event.ingested", Type.DATE, _ALL, "When the document was sent to Elasticsearch.", "ms"),
    _f("message", Type.TEXT, _ALL, "One sentence for people."),
    _f("oom.schema_version", Type.KEYWORD, _ALL, "Version of the mapping that the document was written for."),
    _f("oom.parser.version", Type.KEYWORD, _ALL, "Version of oom-ingest that wrote the document."),
)

_EVENT = (
    _f("event.category", Type.KEYWORD, _LOGGED, "ECS category."),
    _f("event.type", Type.KEYWORD, _LOGGED, "ECS type."),
    _f(
        "event.outcome",
        Type.KEYWORD,
        _GROUP,
        "ECS outcome: `success` means that the kill worked, not that it is good news.",
    ),
    _f(
        "event.provider",
        Type.KEYWORD,
        _GROUP,
        "Who killed, or who tells of it: `kernel`, `systemd-oomd`, `earlyoom`, `kubelet`, ...",
    ),
    _f("event.reason", Type.KEYWORD, _SAID, "Why, in a few words."),
    _f("event.original", Type.RAW, (*_SAID, Kind.DEADLETTER), "The raw lines, cut at 65,536 characters."),
    _f("event.start", Type.DATE, (Kind.REPORT, Kind.EPISODE), "First line.", "ms"),
    _f("event.end", Type.DATE, (Kind.REPORT, Kind.EPISODE), "Last line.", "ms"),
    _f("event.duration", Type.LONG, (Kind.REPORT, Kind.EPISODE), "From first to last line.", "ns"),
)

_WHERE = (
    _f("host.name", Type.KEYWORD, (*_LOGGED, Kind.PIPELINE), "Host in lower case; the key of every fleet panel."),
    _f("host.hostname", Type.KEYWORD, _LOGGED, "Host as it was sent."),
    _f("host.os.kernel", Type.KEYWORD, _SAID, "Kernel release."),
    _f("kafka.topic", Type.KEYWORD, (*_LOGGED, Kind.DEADLETTER), "Topic of the first record."),
    _f("kafka.partition", Type.LONG, (*_LOGGED, Kind.DEADLETTER), "Partition of the first record."),
    _f("kafka.offset", Type.LONG, (*_LOGGED, Kind.DEADLETTER), "Offset of the first record."),
    _f("orchestrator.type", Type.KEYWORD, _GROUP, "`kubernetes` where the cgroup path has a pod."),
    _f("orchestrator.resource.type", Type.KEYWORD, _GROUP, "`pod`."),
    _f("orchestrator.resource.id", Type.KEYWORD, _GROUP, "Pod UID."),
    _f("orchestrator.resource.name", Type.KEYWORD, _GROUP, "Pod again, where a lookup table has it."),
    _f("systemd.slice", Type.KEYWORD, _GROUP, "Deepest slice of the cgroup path."),
    _f("systemd.session", Type.KEYWORD, _GROUP, "Login session of the cgroup path."),
    _f("systemd.unit", Type.KEYWORD, _GROUP, "Deepest service or scope of the cgroup path."),
)

SHIPPED = (
    _f("agent.name", Type.KEYWORD, _GROUP, "Shipper's name."),
    _f("agent.type", Type.KEYWORD, _GROUP, "Shipper's kind: `filebeat`, ..."),
    _f("agent.id", Type.KEYWORD, _GROUP, "Shipper's id."),
    _f("agent.version", Type.KEYWORD, _GROUP, "Shipper's version."),
    _f("cloud.provider", Type.KEYWORD, _GROUP, "`aws`, `gcp`, `azure`, ..."),
    _f("cloud.account.id", Type.KEYWORD, _GROUP, "Account."),
    _f("cloud.account.name", Type.KEYWORD, _GROUP, "Account's name."),
    _f("cloud.region", Type.KEYWORD, _GROUP, "Region."),
    _f("cloud.availability_zone", Type.KEYWORD, _GROUP, "Availability zone."),
    _f("cloud.instance.id", Type.KEYWORD, _GROUP, "Instance."),
    _f("cloud.instance.name", Type.KEYWORD, _GROUP, "Instance's name."),
    _f("cloud.machine.type", Type.KEYWORD, _GROUP, "Machine type."),
    _f("cloud.project.id", Type.KEYWORD, _GROUP, "Project."),
    _f("orchestrator.cluster.name", Type.KEYWORD, _GROUP, "Cluster."),
    _f("orchestrator.cluster.id", Type.KEYWORD, _GROUP, "Cluster's id."),
    _f("orchestrator.namespace", Type.KEYWORD, _GROUP, "Namespace."),
    _f("container.id", Type.KEYWORD, _GROUP, "Container id: 64 hex digits, or the number of an OpenVZ container."),
    _f("container.name", Type.KEYWORD, _GROUP, "Container's name."),
    _f("container.runtime", Type.KEYWORD, _GROUP, "Container runtime, where the cgroup path or a shipper tells it."),
    _f("container.image.name", Type.KEYWORD, _GROUP, "Image of the container."),
    _f("kubernetes.namespace", Type.KEYWORD, _GROUP, "Namespace of the pod."),
    _f("kubernetes.node.name", Type.KEYWORD, _GROUP, "Node."),
    _f("kubernetes.pod.name", Type.KEYWORD, _GROUP, "Pod."),
    _f("kubernetes.pod.uid", Type.KEYWORD, _GROUP, "Pod UID again, for Elastic's own Kubernetes dashboards."),
    _f("kubernetes.container.name", Type.KEYWORD, _GROUP, "Container of the pod."),
    _f("kubernetes.deployment.name", Type.KEYWORD, _GROUP, "Deployment of the pod."),
    _f("kubernetes.daemonset.name", Type.KEYWORD, _GROUP, "Daemon set of the pod."),
    _f("kubernetes.statefulset.name", Type.KEYWORD, _GROUP, "Stateful set of the pod."),
    _f("kubernetes.labels", Type.FLATTENED, _GROUP, "Labels of the pod."),
    _f("labels", Type.FLATTENED, _GROUP, "The shipper's labels; `role`, `owner` and `workload` of lookup tables."),
    _f("host.id", Type.KEYWORD, _GROUP, "Host's id."),
    _f("host.ip", Type.IP, _GROUP, "Host's addresses."),
    _f("host.architecture", Type.KEYWORD, _GROUP, "Processor architecture."),
    _f("host.type", Type.KEYWORD, _GROUP, "Kind of machine."),
    _f("host.os.name", Type.KEYWORD, _GROUP, "Operating system."),
    _f("host.os.version", Type.KEYWORD, _GROUP, "Its version."),
    _f("host.os.family", Type.KEYWORD, _GROUP, "Its family."),
    _f("host.os.platform", Type.KEYWORD, _GROUP, "Its platform."),
)
"""What shippers know of a host, its containers and its cloud: carried from their records, and nothing else is."""

_IDENTITY = (
    _f("oom.family", Type.KEYWORD, (*_LOGGED, Kind.SIGNATURE), "Family of formats: `linux`, `openvz`, `earlyoom`, ..."),
    _f(
        "oom.constraint",
        Type.KEYWORD,
        (*_LOGGED, Kind.SIGNATURE),
        "What bounded the memory: none, memcg, cpuset, memory_policy, manual; of an episode, those of all reports.",
    ),
    _f("oom.scope", Type.KEYWORD, _LOGGED, "Whose memory ran out: machine, cgroup, cpuset, container."),
    _f("oom.scope_name", Type.PATH, _LOGGED, "Which one: cgroup path, cpuset, container id."),
    _f("oom.signature", Type.KEYWORD, (*_LOGGED, Kind.SIGNATURE), "The same failure wherever it happens."),
    _f("oom.signature_name", Type.PATH, (*_LOGGED, Kind.SIGNATURE), "The same for people."),
    _f("oom.report.id", Type.KEYWORD, (*_SAID, Kind.TASK), "The report."),
    _f("oom.episode.id", Type.KEYWORD, _LOGGED, "The episode: readable, sortable."),
    _f("oom.time.source", Type.KEYWORD, _LOGGED, "syslog, iso, journald, dmesg, shipper, kafka, file."),
    _f("oom.time.year_inferred", Type.BOOLEAN, _LOGGED, "The line named no year; the record's time chose it."),
    _f("oom.time.zone_inferred", Type.BOOLEAN, _LOGGED, "The line named no zone and none was configured: read as UTC."),
    _f("oom.envelope", Type.KEYWORD, _KILL, "Kind of envelope in which the service read it."),
    _f("oom.kernel.timestamp.us", Type.LONG, _SAID, "Uptime in the line.", "us"),
    _f("oom.kernel.taint", Type.KEYWORD, _SAID, "Taint letters."),
)  # fmt: skip

_VICTIM = (
    _f("process.pid", Type.LONG, (Kind.KILL, Kind.TASK), "The victim's pid, or the row's."),
    _f("process.name", Type.KEYWORD, (Kind.KILL, Kind.TASK), "Its name, at most 15 bytes."),
    _f("process.user.id", Type.KEYWORD, (Kind.KILL, Kind.TASK), "Its uid."),
    _f("process.user.name", Type.KEYWORD, (Kind.KILL, Kind.TASK), "Its user, where a lookup table has the uid."),
    _f("process.command_line", Type.PATH, _KILL, "Its command line, where a daemon prints it."),
    _f("oom.victim.score", Type.LONG, _KILL, "Badness as printed; its scale changed with the kernel."),
    _f("oom.victim.badness", Type.LONG, _KILL, "Badness recomputed from the table for that kernel.", "permille"),
    _f("oom.victim.adj_legacy", Type.LONG, (Kind.KILL, Kind.TASK), "oom_adj, -17 to 15, before oom_score_adj."),
    _f("oom.victim.signal", Type.KEYWORD, _KILL, "The last signal sent."),
    _f("oom.victim.score_adj", Type.LONG, (Kind.KILL, Kind.TASK), "oom_score_adj, -1000 to 1000."),
    _bytes("oom.victim.memory.total_vm", _KILL, "Virtual size; never a measure of guilt."),
    _bytes("oom.victim.memory.rss", _KILL, "Resident memory, when all its parts are known."),
    _bytes("oom.victim.memory.anon_rss", _KILL, "Resident anonymous memory."),
    _bytes("oom.victim.memory.file_rss", _KILL, "Resident file pages."),
    _bytes("oom.victim.memory.shmem_rss", _KILL, "Resident shared memory."),
    _bytes("oom.victim.memory.page_tables", _KILL, "Page tables."),
    _bytes("oom.victim.memory.swap", _KILL, "Swapped out, from the process table."),
    _f("oom.victim.memory.pct_of_limit", Type.DOUBLE, _KILL, "Resident memory over the cgroup's limit.", "ratio"),
    _f("oom.reaper.outcome", Type.KEYWORD, _KILL, "reaped, unable."),
    _bytes("oom.reaper.anon_rss", _KILL, "Anonymous memory left after reaping."),
    _f("oom.reaper.delay.us", Type.LONG, _KILL, "From the kill line to the reaper's line.", "us"),
)

_ASKED = (
    _f("oom.trigger.name", Type.KEYWORD, _SAID, "Who asked for memory: neither the victim nor the cause by itself."),
    _f("oom.trigger.pid", Type.LONG, _SAID, "Its thread id."),
    _f("oom.trigger.user.id", Type.KEYWORD, _SAID, "Its effective uid."),
    _f("oom.trigger.user.name", Type.KEYWORD, _SAID, "Its user, where a lookup table has the uid."),
    _f("oom.trigger.adj_legacy", Type.LONG, _SAID, "Its oom_adj, before oom_score_adj."),
    _f("oom.trigger.score_adj", Type.LONG, _SAID, "Its oom_score_adj."),
    _f("oom.request.gfp_mask", Type.KEYWORD, _SAID, "Allocation flags, hex."),
    _f("oom.request.gfp_flags", Type.KEYWORD, _SAID, "Allocation flags by name."),
    _f("oom.request.order", Type.LONG, _SAID, "2^order pages were asked for; -1 is SysRq."),
    _f("oom.request.nodemask", Type.KEYWORD, _SAID, "Allowed NUMA nodes of the request."),
    _f("oom.request.mems_allowed", Type.KEYWORD, _SAID, "Allowed NUMA nodes of the cpuset."),
    _f("oom.request.cpuset", Type.PATH, _SAID, "The trigger's cpuset, the last part of its path."),
    _f("oom.psi.avg10", Type.DOUBLE, _SAID, "Memory pressure of the last 10 seconds.", "percent"),
    _f("oom.psi.avg60", Type.DOUBLE, _SAID, "Memory pressure of the last 60 seconds.", "percent"),
    _f("oom.psi.avg300", Type.DOUBLE, _SAID, "Memory pressure of the last 300 seconds.", "percent"),
    _f("oom.psi.limit", Type.DOUBLE, _SAID, "The limit that it crossed.", "percent"),
    _f("oom.culprit.kind", Type.KEYWORD, _GROUP, "What used the memory: process, group, cgroup, files, kernel."),
    _f("oom.culprit.name", Type.KEYWORD, _GROUP, "Who used the memory, by `rule`. Never the trigger by itself."),
    _f("oom.culprit.pid", Type.LONG, _GROUP, "Its pid."),
    _bytes("oom.culprit.rss", _GROUP, "What it held: resident, swapped out, page tables."),
    _f("oom.culprit.freed.pages", Type.LONG, _GROUP, "Pages that came back when it exited (OpenVZ).", "pages"),
    _f("oom.culprit.share", Type.DOUBLE, _GROUP, "Its part of the limit, of RAM, or of all returns.", "ratio"),
    _f("oom.culprit.confidence", Type.KEYWORD, _GROUP, "low, medium, high."),
    _f(
        "oom.culprit.rule",
        Type.KEYWORD,
        _GROUP,
        "The rule that named it: largest_task, largest_group, victim, chosen, ...",
    ),
    _f("oom.culprit.is_victim", Type.BOOLEAN, _GROUP, "Whether it is a victim too."),
    _f("oom.culprit.doubts", Type.KEYWORD, _GROUP, "Why it is not surer."),
    _f("oom.culprit.group.name", Type.KEYWORD, _GROUP, "The name whose processes held most together."),
    _f("oom.culprit.group.count", Type.LONG, _GROUP, "How many they were."),
    _bytes("oom.culprit.group.rss", _GROUP, "What they held together."),
    _f("oom.culprit.group.freed.pages", Type.LONG, _GROUP, "Pages that came back with them (OpenVZ).", "pages"),
    _f("oom.verdict", Type.KEYWORD, _GROUP, "What was found, by codes; the first says what ran out. See verdicts.md."),
    _f("oom.advice", Type.KEYWORD, _GROUP, "What to do next, by codes. See verdicts.md."),
    _f("oom.explanation", Type.TEXT, (Kind.REPORT, Kind.EPISODE), "The verdict in a few plain sentences."),
)


def _counter(name: str) -> tuple[Field, ...]:
    return (
        _bytes(f"oom.cgroup.{name}.usage", _SAID, f"`{name}` in use in the cgroup at its limit."),
        _bytes(f"oom.cgroup.{name}.limit", _SAID, f"Limit of `{name}`."),
        _f(f"oom.cgroup.{name}.limit.unlimited", Type.BOOLEAN, _SAID, "True where no limit is set."),
        _f(f"oom.cgroup.{name}.failcnt", Type.LONG, _SAID, "How often the limit was hit."),
    )


_CGROUP = (
    _f("oom.cgroup.limit.path", Type.PATH, _SAID, "The cgroup whose limit was hit."),
    _f("oom.cgroup.limit.ancestors", Type.PATH, _SAID, "That path and every path above it."),
    _f("oom.cgroup.killed.path", Type.PATH, _SAID, "A cgroup that was killed as a whole."),
    _f("oom.cgroup.killed.ancestors", Type.PATH, _SAID, "That path and every path above it."),
    _f("oom.cgroup.task.path", Type.PATH, _KILL, "The victim's cgroup."),
    _f("oom.cgroup.task.ancestors", Type.PATH, _KILL, "That path and every path above it."),
    _f("oom.cgroup.qos", Type.KEYWORD, _GROUP, "Kubernetes QoS class: guaranteed, burstable, besteffort."),
    _f("oom.cgroup.group_kill", Type.BOOLEAN, _SAID, "memory.oom.group was set: all tasks of the cgroup died."),
    *_counter("memory"),
    *_counter("swap"),
    *_counter("memory_swap"),
    *_counter("kmem"),
)

_REPORTED = (
    _f("oom.report.completeness", Type.KEYWORD, _REPORT, "How much of the report was there to read."),
    _f("oom.report.closed_by", Type.KEYWORD, _REPORT, "terminator, next_report, gap, cap, idle."),
    _f("oom.report.outcome", Type.KEYWORD, _REPORT, "killed, panic, no_victim, truncated, unknown."),
    _f("oom.report.victim_count", Type.LONG, _REPORT, "Victims."),
    _f("oom.report.line_count", Type.LONG, _REPORT, "Lines."),
    _f("oom.report.lost_line_count", Type.LONG, _REPORT, "Lines known to be lost."),
    _f(
        "oom.report.suppressed_call_count",
        Type.LONG,
        _REPORT,
        "Calls of a rate-limited kernel function: each would have printed a report or a part of one.",
    ),
    _f("oom.report.unread_line_count", Type.LONG, _REPORT, "Lines with a tail that no wording knows."),
    _f("oom.report.original_truncated", Type.BOOLEAN, _REPORT, "True where `event.original` was cut."),
    _f("oom.tasks.count", Type.LONG, _REPORT, "Rows read from the process table."),
    _bytes("oom.tasks.rss_total", _REPORT, "Sum of their resident memory."),
    _f("oom.tasks.top", Type.SHOWN, _REPORT, "The largest rows, for display."),
    _bytes("oom.system.page_size", (*_SAID, Kind.TASK), "Page size by which pages were converted."),
    _f("oom.system.page_size.source", Type.KEYWORD, (*_SAID, Kind.TASK), "logged, configured, assumed."),
)  # fmt: skip

_OPENVZ = (
    _f("oom.openvz.ve", Type.KEYWORD, _SAID, "Container id."),
    _f("oom.openvz.ub", Type.KEYWORD, _SAID, "Sub-beancounter of the container."),
    _f("oom.openvz.free.pages", Type.LONG, _KILL, "Free memory of the whole node after the exit.", "pages"),
    _f("oom.openvz.freed.pages", Type.LONG, _KILL, "Difference to the exit before it.", "pages"),
    _f("oom.openvz.generation", Type.LONG, _KILL, "OOM-killed address spaces of the node since boot."),
    _f("oom.openvz.round.seq", Type.LONG, _REPORT, "Number of the selection round."),
    _f("oom.openvz.round.excess", Type.LONG, _REPORT, "How far the container was over its limit; unit unproven."),
    _f("oom.openvz.round.goal", Type.LONG, _REPORT, "How much was to be freed; unit unproven."),
    _f("oom.openvz.round.reduction", Type.LONG, _REPORT, "How much was expected of the selected; unit unproven."),
)

_GROUPED = (
    _f("oom.episode.open", Type.BOOLEAN, _EPISODE, "Whether further reports may still join it."),
    _f("oom.episode.report_count", Type.LONG, _EPISODE, "Reports."),
    _f("oom.episode.kill_count", Type.LONG, _EPISODE, "Kills."),
    _f("oom.episode.victim_names", Type.KEYWORD, _EPISODE, "Names of all victims."),
    _f("oom.episode.signatures", Type.KEYWORD, _EPISODE, "Signatures of all its reports."),
    _f("oom.episode.restarts", Type.LONG, _EPISODE, "How often the workload that came back most was killed again."),
    _f("oom.episode.storm", Type.BOOLEAN, _EPISODE, "Whether kills came faster than a person can follow."),
    _f("oom.task.rank", Type.LONG, _TASK, "1 is the largest."),
    _bytes("oom.task.rss", _TASK, "Resident memory."),
    _bytes("oom.task.swap", _TASK, "Swapped out."),
    _bytes("oom.task.page_tables", _TASK, "Page tables."),
    _bytes("oom.task.total_vm", _TASK, "Virtual size."),
    _f("oom.task.share", Type.DOUBLE, _TASK, "Resident memory over the cgroup's limit.", "ratio"),
)

MEMORY_STAT = (
    "anon", "file", "kernel", "kernel_stack", "pagetables", "percpu", "sock", "vmalloc", "shmem", "file_mapped",
    "file_dirty", "file_writeback", "unevictable", "slab_reclaimable", "slab_unreclaimable", "slab", "cache", "rss",
    "mapped_file", "swap",
)  # fmt: skip
"""Keys of memory.stat that are fields; the last four are those of cgroup v1."""

SYSTEM_MEMORY = {
    "total": "Pages of RAM.", "reserved": "RAM that the kernel set aside at boot.", "free": "Free pages.",
    "active_anon": "Active anonymous pages.", "inactive_anon": "Inactive anonymous pages.",
    "active_file": "Active page cache.", "inactive_file": "Inactive page cache.",
    "unevictable": "Pages that cannot be reclaimed.", "dirty": "Pages to be written.",
    "writeback": "Pages being written.", "mapped": "Mapped file pages.", "shmem": "Shared memory and tmpfs.",
    "slab": "Kernel caches, before 2.6.32.", "slab_reclaimable": "Kernel caches that can be reclaimed.",
    "slab_unreclaimable": "Kernel caches that cannot.", "kernel_stack": "Kernel stacks, all nodes.",
    "page_tables": "Page tables.", "page_cache": "Page cache in total.",
}  # fmt: skip
"""What a report says of the machine's memory and people plot; the rest is ``oom.system.memory_other``."""

_SYSTEM = (
    *(_bytes(f"oom.system.memory.{name}", _REPORT, text) for name, text in SYSTEM_MEMORY.items()),
    _f("oom.system.memory_other", Type.SHOWN, _REPORT, "The machine's other memory counters, in bytes, for display."),
    _bytes("oom.system.swap.total", _REPORT, "Swap."),
    _bytes("oom.system.swap.free", _REPORT, "Free swap."),
    _bytes("oom.system.swap.cached", _REPORT, "Swapped pages that are in memory as well."),
    _f("oom.system.zones", Type.SHOWN, _REPORT, "Zones with watermarks and free blocks, for display."),
    _f("oom.system.huge_pages", Type.SHOWN, _REPORT, "Huge pages by node and size, for display."),
    _f("oom.system.slabs", Type.SHOWN, _REPORT, "Unreclaimable kernel caches, for display."),
    _f("oom.system.allocations", Type.SHOWN, _REPORT, "Allocation sites of the kernel, for display."),
    *(_bytes(f"oom.cgroup.stat.{name}", _REPORT, f"`{name}` of memory.stat.") for name in MEMORY_STAT),
    _f("oom.cgroup.stat_other", Type.SHOWN, _REPORT, "Other keys of memory.stat and its event counts, for display."),
    _f("oom.host.hardware", Type.KEYWORD, _REPORT, "The machine's name, as the kernel prints it."),
)

_CARE = (
    _f("oom.workload", Type.PATH, _SIGNATURE, "The workload that a signature names."),
    _f("oom.first_seen", Type.DATE, _SIGNATURE, "First report.", "ms"),
    _f("oom.last_seen", Type.DATE, _SIGNATURE, "Last report.", "ms"),
    _f("oom.hosts", Type.KEYWORD, _SIGNATURE, "Hosts that had it, at most the last 1,000."),
    _f("oom.host_count", Type.LONG, _SIGNATURE, "How many these are."),
    _f("oom.recent_host_count", Type.LONG, _SIGNATURE, "How many had it in the hour before the last report."),
    _f("oom.host_seen", Type.SHOWN, _SIGNATURE, "When each host last had it."),
    _f("error.type", Type.KEYWORD, _DEAD, "Stage that refused."),
    _f("error.code", Type.KEYWORD, _DEAD, "Stable code of the reason."),
    _f("error.message", Type.TEXT, _DEAD, "The reason for people."),
    _f("oom.stage", Type.KEYWORD, _DEAD, "envelope, formats, index."),
    _f("oom.pipeline.worker", Type.KEYWORD, _PIPELINE, "Worker: host and process id."),
    _f(
        "oom.pipeline.seconds",
        Type.DOUBLE,
        _PIPELINE,
        "Time that the counts are of: a minute, longer after a wait.",
        "s",
    ),
    _f("oom.pipeline.records", Type.LONG, _PIPELINE, "Records read."),
    _f("oom.pipeline.matched_lines", Type.LONG, _PIPELINE, "Lines that a wording explained."),
    _f("oom.pipeline.unread_lines", Type.LONG, _PIPELINE, "Lines that looked like OOM and that none explained."),
    _f("oom.pipeline.reports", Type.LONG, _PIPELINE, "Reports written."),
    _f("oom.pipeline.kills", Type.LONG, _PIPELINE, "Victims in them."),
    _f("oom.pipeline.dead_letters", Type.LONG, _PIPELINE, "Dead letters written."),
    _f("oom.pipeline.documents_written", Type.LONG, _PIPELINE, "Documents stored."),
    _f("oom.pipeline.documents_stale", Type.LONG, _PIPELINE, "Documents that were stored already."),
    _f("oom.pipeline.documents_refused", Type.LONG, _PIPELINE, "Documents that Elasticsearch will never take."),
    _f("oom.pipeline.open_reports", Type.LONG, _PIPELINE, "Reports open at the end."),
    _f("oom.pipeline.lag", Type.LONG, _PIPELINE, "Records not yet read at the end."),
    _f("oom.pipeline.newest_event", Type.DATE, _PIPELINE, "Time stamp of the newest record read.", "ms"),
    _f("oom.pipeline.newest_event_age.us", Type.LONG, _PIPELINE, "How old that record was at the end.", "us"),
)

FIELDS: tuple[Field, ...] = (
    *_EVERYWHERE, *_EVENT, *_WHERE, *SHIPPED, *_IDENTITY, *_VICTIM, *_ASKED, *_CGROUP, *_REPORTED, *_SYSTEM, *_OPENVZ,
    *_GROUPED, *_CARE,
)  # fmt: skip
