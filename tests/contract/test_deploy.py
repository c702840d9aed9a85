"""Compose, image, unit and manifests: valid by their own schemas, pinned, bounded, and with settings that exist."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import compose_spec
import kubernetes_validate
import pytest
import yaml

from ingest.cli import trends
from ingest.config import load
from ingest.stack import artifact
from ingest.trends.alarms import Alarm, alarm
from tests.context import context

ROOT = Path(__file__).parent.parent.parent
COMPOSE = ROOT / "docker-compose.yml"
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE.read_text())["services"]
MANIFESTS: dict[str, dict[str, Any]] = {
    f"{path.name}:{manifest['kind']}": manifest
    for path in sorted((ROOT / "deploy" / "kubernetes").glob("*.yaml"))
    for manifest in yaml.safe_load_all(path.read_text())
}
PASSWORDS = {"ELASTIC_PASSWORD": "one", "KIBANA_PASSWORD": "two", "KIBANA_KEY": "three"}
UNIT = ROOT / "deploy" / "systemd" / "oom-ingest@.service"
TRENDS = ROOT / "deploy" / "systemd" / "oom-ingest-trends.service"


def settings_of(environment: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith("OOM_INGEST_")}


def substituted(value: str) -> str:
    return re.sub(r"\$\{(\w+):\?[^}]*\}", lambda found: PASSWORDS[found[1]], value)


# ---------------------------------------------------------------- compose


def test_compose_is_what_the_compose_specification_knows() -> None:
    compose_spec.PyCompose.from_json(json.dumps(yaml.safe_load(COMPOSE.read_text()))).validate()


@pytest.mark.parametrize("wrong", ["readonly: true", "mem_limits: 1g"])
def test_the_schema_notices_what_it_does_not_know(wrong: str) -> None:
    text = COMPOSE.read_text().replace("    restart: unless-stopped", f"    {wrong}", 1)
    with pytest.raises(ValueError, match=wrong.partition(":")[0]):
        compose_spec.PyCompose.from_json(json.dumps(yaml.safe_load(text)))


def test_compose_has_the_versions_that_the_tests_run() -> None:
    versions = {
        "apache/kafka": artifact.KAFKA.version,
        "docker.elastic.co/elasticsearch/elasticsearch": artifact.ELASTICSEARCH.version,
        "docker.elastic.co/kibana/kibana": artifact.ELASTICSEARCH.version,
        "oom-ingest": "local",
    }
    images = dict(service["image"].rsplit(":", 1) for service in SERVICES.values())
    assert images == versions


@pytest.mark.parametrize("name", SERVICES)
def test_what_stays_is_watched_and_what_is_published_is_published_here_only(name: str) -> None:
    service = SERVICES[name]
    if "restart" in service:
        assert service["healthcheck"]["test"]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
    if service["image"].startswith("oom-ingest"):
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_every_password_is_asked_for_and_none_is_there() -> None:
    told = [
        value
        for service in SERVICES.values()
        for key, value in service.get("environment", {}).items()
        if re.search("PASSWORD|ENCRYPTIONKEY", key)
    ]
    assert len(told) >= 6
    assert all(re.fullmatch(r"\$\{(\w+):\?is not set; `make compose` [^}]*\}", value) for value in told)


def test_make_writes_the_passwords_that_compose_asks_for(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    subprocess.run(["make", "--silent", ".env"], cwd=tmp_path, check=True)
    written = dict(line.split("=", 1) for line in (tmp_path / ".env").read_text().splitlines())
    assert set(written) == set(re.findall(r"\$\{(\w+):\?", COMPOSE.read_text())) == set(PASSWORDS)
    assert len(set(written.values())) == 3
    assert all(len(value) >= 32 for value in written.values())
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", [name for name, service in SERVICES.items() if "oom-ingest" in service["image"]])
def test_compose_names_settings_that_exist(name: str) -> None:
    environment = {key: substituted(value) for key, value in SERVICES[name]["environment"].items()}
    settings = load(None, settings_of(environment))
    assert settings.kafka.topics == ("syslog",)
    assert settings.elasticsearch.password


def test_one_service_builds_the_image_and_the_others_wait_for_it() -> None:
    """Compose builds side by side, and refuses a second image of the same name."""
    ours = {name: service for name, service in SERVICES.items() if service["image"] == "oom-ingest:local"}
    (builder,) = (name for name, service in ours.items() if "build" in service)
    others = [service for name, service in ours.items() if name != builder]
    assert len(others) == 2
    assert all(each["pull_policy"] == "never" and builder in each["depends_on"] for each in others)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ('{"successCount":20,"success":true,"warnings":[],"successResults":[]}', 0),
        ('{"successCount":3,"success":false,"warnings":[],"errors":[{"id":"oom-fleet"}]}', 1),
        ("", 1),
    ],
)
def test_compose_notices_boards_that_kibana_did_not_take(tmp_path: Path, answer: str, status: int) -> None:
    (tmp_path / "curl").write_text(f"#!/bin/sh\necho '{answer}'\n")
    (tmp_path / "curl").chmod(0o755)
    service = SERVICES["dashboards"]
    command = [*service["entrypoint"], *(each.replace("$$", "$") for each in service["command"])]
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = subprocess.run(command, env={"PATH": path}, capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert done.stderr.strip() == ("" if status == 0 else answer)


# ---------------------------------------------------------------- image


def test_the_wheel_of_the_image_is_built_from_what_docker_is_given(tmp_path: Path) -> None:
    for name, path in context().items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, tmp_path / name)
    build = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", "out", "."]
    version = {"SETUPTOOLS_SCM_PRETEND_VERSION": "9.8.7"}
    done = subprocess.run(
        build, cwd=tmp_path, env={**os.environ, **version}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["oom_ingest-9.8.7-py3-none-any.whl"]


def test_the_image_is_pinned_and_runs_as_nobody() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    bases = [line.split()[1] for line in lines if line.startswith("FROM ")]
    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.11\.\d+-slim-\w+", bases[0])
    assert "USER 10001:10001" in lines
    assert any("--require-hashes" in line for line in lines)


# ---------------------------------------------------------------- systemd and Kubernetes


def test_the_unit_names_a_setting_that_exists() -> None:
    named = re.findall(r"^#?Environment=(OOM_INGEST_\w+)=", UNIT.read_text(), re.MULTILINE)
    assert named == ["OOM_INGEST_CONFIG", "OOM_INGEST_ELASTICSEARCH__API_KEY_FILE"]


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_is_what_kubernetes_knows(name: str) -> None:
    kubernetes_validate.validate(MANIFESTS[name], "1.33", strict=True)


def _pod(manifest: dict[str, Any]) -> dict[str, Any] | None:
    """The pod that a manifest describes, also by the job that it describes."""
    spec = manifest.get("spec", {})
    template = spec.get("jobTemplate", {}).get("spec", spec).get("template", {})
    pod: dict[str, Any] | None = template.get("spec")
    return pod


PODS = {name: pod for name, manifest in MANIFESTS.items() if (pod := _pod(manifest))}


def test_every_kind_of_work_has_a_pod() -> None:
    assert {name.partition(":")[2] for name in PODS} == {"Deployment", "Job", "CronJob"}


@pytest.mark.parametrize("name", PODS)
def test_a_pod_is_bounded_and_may_do_nothing_else(name: str) -> None:
    spec = PODS[name]
    assert spec["securityContext"]["runAsNonRoot"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False
    for container in spec["containers"]:
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["memory"]


def test_every_secret_is_created_as_the_page_says_and_set_up_has_its_own() -> None:
    mounted = {
        name.partition(":")[2]: volume["secret"]["secretName"]
        for name, spec in PODS.items()
        for volume in spec["volumes"]
        if "secret" in volume
    }
    assert mounted == {"Deployment": "oom-ingest", "CronJob": "oom-ingest", "Job": "oom-ingest-setup"}
    for page in ("docs/how-to/deploy.md", "deploy/kubernetes/oom-ingest.yaml"):
        created = re.findall(r"create secret generic (\S+) --from-literal=api-key=", (ROOT / page).read_text())
        assert created == ["oom-ingest", "oom-ingest-setup"]


def test_scheduled_reports_give_options_that_exist() -> None:
    (unit,) = re.findall(r"^ExecStart=((?:.*\\\n)*.*)$", TRENDS.read_text(), re.MULTILINE)
    by_timer = shlex.split(unit.replace("\\\n", " ").replace("%%", "%"))
    by_cron = PODS["trends.yaml:CronJob"]["containers"][0]["args"]
    for program, *arguments in (by_timer[1:], by_cron):
        assert program == "trends"
        given = trends.command.make_context("trends", list(arguments)).params
        assert [alarm(condition) for condition in given["conditions"]] == [Alarm(), Alarm(20.0)]
        assert given["since"] == "7d"


def test_the_config_map_has_settings_that_exist_and_the_probes_ask_where_it_listens(tmp_path: Path) -> None:
    by_kind = {manifest["kind"]: manifest for manifest in MANIFESTS.values()}
    file = tmp_path / "config.toml"
    file.write_text(by_kind["ConfigMap"]["data"]["config.toml"])
    settings = load(file, {})
    (container,) = by_kind["Deployment"]["spec"]["template"]["spec"]["containers"]
    assert settings.metrics.listen == f"0.0.0.0:{container['ports'][0]['containerPort']}"
    assert tomllib.loads(file.read_text())["kafka"]["topics"] == ["syslog"]
