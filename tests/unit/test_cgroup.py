"""What a cgroup path says of what runs in it."""

from __future__ import annotations

from typing import Any

import pytest

from ingest import cgroup

HEX = "0f0ace7729716150acf57fcb9750f8199e8762c054912b944a3c436245cb9a43"
UID = "a41b2cd5-5451-4bbc-b740-c908d58d652e"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (f"/docker/{HEX}", {"container_id": HEX, "runtime": "docker"}),
        (f"/system.slice/docker-{HEX}.scope", {"container_id": HEX, "runtime": "docker", "slice": "system.slice"}),
        (f"/kubepods/burstable/pod{UID}/{HEX}", {"container_id": HEX, "pod_uid": UID, "qos": "burstable"}),
        (
            f"/kubepods.slice/kubepods-besteffort-pod{UID.replace('-', '_')}.slice/cri-containerd-{HEX}.scope",
            {"container_id": HEX, "runtime": "containerd", "pod_uid": UID, "qos": "besteffort"},
        ),
        (f"/nomad/pod{UID}/{HEX}", {"qos": None, "pod_uid": UID}),
        (f"/kubepods/pod{UID}/{HEX}", {"qos": "guaranteed", "pod_uid": UID}),
        (f"/kubepods/pod{UID.replace('-', '')}/{HEX}", {"pod_uid": UID}),
        (f"/machine.slice/libpod-{HEX}.scope", {"runtime": "podman"}),
        (f"/kubepods.slice/crio-{HEX}.scope", {"runtime": "cri-o"}),
        ("/system.slice/mysql.service", {"unit": "mysql.service", "slice": "system.slice", "runtime": None}),
        ("/user.slice/user-1000.slice/session-3.scope", {"session": "3", "slice": "user-1000.slice"}),
        ("/lxc/web1/system.slice/nginx.service", {"container_name": "web1", "runtime": "lxc", "unit": "nginx.service"}),
        ("/lxc.payload.web1", {"container_name": "web1", "runtime": "lxc"}),
        (r"/machine.slice/machine-a\x2db.scope", {"container_name": "a-b", "runtime": "machined"}),
        ("/ve/101", {"container_id": "101", "runtime": "openvz"}),
        ("/", {"container_id": None, "unit": None, "slice": None}),
    ],
)
def test_a_path_is_taken_apart(path: str, said: dict[str, Any]) -> None:
    found = cgroup.decode(path)
    assert {name: getattr(found, name) for name in said} == said


def test_ancestors_of_a_hostile_path_stay_few() -> None:
    assert len(cgroup.ancestors("/a" * 10_000)) == 64


@pytest.mark.parametrize(
    ("path", "alike", "named"),
    [
        ("/nomad/de25a563-2409-843f-08ad-5bc6053df174", "/nomad/*", False),
        ("/mesos/a824e4e4-8c46-49b0-b2a3-73fa0f7af93b", "/mesos/*", False),
        ("/slurm/uid_1000/job_123/step_0/task_0", "/slurm/uid_*/job_*/step_*/task_*", False),
        ("/system.slice/slurmstepd.scope/job_9/step_0/user/task_0",
         "/system.slice/slurmstepd.scope/job_*/step_*/user/task_*", False),
        ("/app.slice/vte-spawn-e5dd1b41-59b0-4d0b-b0ec-cd2d95d6a4a1.scope", "/app.slice/vte-spawn-*.scope", True),
        ("/system.slice/run-rf0123456789abcdef0123456789abcde.scope", "/system.slice/run-r*.scope", True),
        ("/system.slice/job_runner.service", "/system.slice/job_runner.service", True),
    ],
)  # fmt: skip
def test_ids_of_one_run_are_no_part_of_a_workloads_name(path: str, alike: str, named: bool) -> None:
    assert (cgroup.without_ids(path), cgroup.is_named(path)) == (alike, named)
