"""Values for the arguments of format strings, drawn from a ``Random``: seeded for cases, hypothesis' own for properties."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

_NASTY = (
    "npm start", "CPU 2/KVM", "Web Content", "(resolved)", "((sd-pam))", "runc:[1:CHILD]", "kworker/u8:1", "a,pid=1",
    "irq/5-600c0004.", 'say "hi"', "it's", ") total-vm:", "), UID 1", ") score 7", "x=y,uid=0", "task=a,pid=2", "[kthreadd]",
    "gunpowder-memho", "] 1 2 3", "name: x", "%s%n", "a\\b", "Ünï", "日本語",
)  # fmt: skip
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@+#()[]{},=<>'\"!? "
_ZONES = ("DMA", "DMA32", "Normal", "HighMem", "Movable")
_FLAGS = ("GFP_KERNEL", "GFP_HIGHUSER_MOVABLE", "__GFP_ZERO", "__GFP_COMP", "GFP_NOFS", "__GFP_ACCOUNT", "0x10000")
_RELEASES = ("2.6.32-754.el6.x86_64", "3.10.0-1160.el7.x86_64", "4.14.115", "5.15.0-91-generic", "6.17.3-arch2-1-lily")


def comm(random: Random) -> str:
    """A process name: free text of at most 15 bytes. Blanks at its edges are left out, a reader cannot see them."""
    if random.random() < 0.4:
        return random.choice(_NASTY)
    name = "".join(random.choice(_LETTERS) for _ in range(random.randint(1, 15))).strip()
    return name or "a"


def cgroup(random: Random) -> str:
    """A cgroup path as runtimes and systemd write it, with colons, commas, equal signs and escapes."""
    hexes = "".join(random.choice("0123456789abcdef") for _ in range(64))
    uid = f"{hexes[:8]}-{hexes[8:12]}-{hexes[12:16]}-{hexes[16:20]}-{hexes[20:32]}"
    return random.choice((
        f"/kubepods/burstable/pod{uid}/{hexes}",
        f"/kubepods.slice/kubepods-pod{uid.replace('-', '_')}.slice/cri-containerd-{hexes}.scope",
        f"/docker/{hexes}", "/system.slice/mysql.service", "/user.slice/user-1000.slice/session-3.scope",
        "/system.slice/app:1.service", "/a b/c=d,e", r"/app.slice/app-gnome-google\x2dchrome-565.scope", "/lxc/web1", "/13",
        f"/system.slice/x@{random.randint(1, 99)}.service",
    ))  # fmt: skip


def _number(random: Random) -> int:
    return random.choice((0, 1, 7, random.randint(0, 4095), random.randint(0, 10**7)))


def _word(random: Random) -> str:
    return "".join(random.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(random.randint(1, 10)))


def _flags(random: Random) -> str:
    return "|".join(random.sample(_FLAGS, random.randint(1, 3)))


def _nodes(random: Random) -> str:
    return random.choice(("(null)", "0", "0-1", "0-1,3", "0-7"))


def _of(*choices: object) -> Callable[[Random], object]:
    return lambda random: random.choice(choices)


def _between(low: int, high: int) -> Callable[[Random], object]:
    return lambda random: random.randint(low, high)


_KINDS: dict[str, Callable[[Random], object]] = {
    "pid": _between(1, 4_194_304), "thread": _between(1, 4_194_304), "trigger_pid": _between(1, 4_194_304),
    "task": _between(1, 99_999), "uid": _of(0, 27, 498, 1000, 65534), "name": comm, "trigger": comm, "_comm": comm,
    "mask": _of(0xD0, 0x201DA, 0x280DA, 0xCC0, 0x14200CA, 0x6200CA, 0), "flags": _flags, "_flags": _flags,
    "nodemask": _nodes, "_nodes": _nodes, "mems_allowed": _of("0", "0-1", "0-3,5"), "mems": _of("0", "0-1", "0-3,5"),
    "order": _of(-1, 0, 1, 2, 3, 9), "adj_legacy": _between(-17, 15), "score_adj": _between(-1000, 1000),
    "score": _between(0, 2000), "_where": _of("loc", "glob"), "ub": _between(1, 99_999), "cpuset": _of("/", "vcpu0", "a b"),
    "release": _of(*_RELEASES), "_taint": _of("Not tainted", "Tainted: P        W  O   ", "Tainted: G            -------------- T"),
    "text": _of("Dell Inc. PowerEdge R910/0P658H, BIOS 2.12.0 06/04/2018", "QEMU Standard PC (i440FX + PIIX, 1996)"),
    "task_path": cgroup, "limit_path": cgroup, "path": cgroup, "monitored": cgroup, "_path": cgroup,
    "constraint": _of("CONSTRAINT_NONE", "CONSTRAINT_CPUSET", "CONSTRAINT_MEMORY_POLICY", "CONSTRAINT_MEMCG"),
    "message": _of("Out of memory", "Memory cgroup out of memory", "Out of memory (oom_kill_allocating_task)"),
    "_message": _of("Out of memory", "Memory cgroup out of memory"),
    "message_ub": _of("Out of memory", "Out of memory in UB 1234", "Out of memory in mem cgroup inside UB 77"),
    "ve": _of("0", "0a1b2c3d-0000-4000-8000-000000000001", "101"), "why": _of("task died", "timeout", "no victims"),
    "_panic": _of("compulsory", "system-wide"), "_yes": _of("yes", "no"), "_on": _of("on", "off"), "level": _of("low", "medium", "critical"), "zone": _of(*_ZONES),
    "_zone": _of(*_ZONES), "node": _between(0, 7), "pages.node": _between(0, 7), "_size": _of("1.20 GiB", "512 MiB", "9 KiB"),
    "slab.name": _of("kmalloc-1k", "bio-3", "task_struct(12:x)", "dentry"), "site.function": _of("alloc_slab_page"),
    "site.module": _of("kvm", "nvme"), "_word": _word, "_unit": _of("a.service", r"app-x\x2dy-565.scope", "user@1000.service"),
    "_pct": _between(10, 99), "_span": _of("20s", "1min 30s"), "signal": _of("SIGTERM", "SIGKILL"), "_signo": _of(9, 15),
    "command_line": _of("/usr/bin/java -Xmx4g -jar a.jar", '/bin/sh -c "a b"', ""), "reason": _of("device is not responding"),
    "container": lambda random: "".join(random.choice("0123456789abcdef") for _ in range(64)),
    "_adj": _of(0, 15, 529, 1000), "reason_bsd": _of("out of swap space", "failed to reclaim memory"),
}  # fmt: skip


def value(random: Random, name: str) -> object:
    """A value for the argument of a format; a plain number where its name says nothing else."""
    return _KINDS.get(name, _number)(random)
