"""The files of deploy/: each by its own linter, and that what they say of each other is so."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from ruamel.yaml import YAML

DEPLOY = Path("deploy")
DOCKERFILE = (DEPLOY / "Dockerfile").read_text("utf-8")
KUBERNETES = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
KSERVE = sorted((DEPLOY / "kserve").glob("*.yaml"))
USER = 10001
SERVED = {"/health", "/ready", "/metrics"}


def read(path: Path) -> Any:  # noqa: ANN401  # of any shape
    return YAML(typ="safe").load(path.read_text("utf-8"))


def manifest(name: str) -> Any:  # noqa: ANN401  # as above
    return read(DEPLOY / f"kubernetes/{name}.yaml")


RUNTIME = read(DEPLOY / "kserve/runtime.yaml")
POD = manifest("deployment")["spec"]["template"]["spec"]
SERVERS = {"deployment": POD["containers"][0], "kserve": RUNTIME["spec"]["containers"][0]}
each_server = pytest.mark.parametrize("server", SERVERS)


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).with_name(command[0])), *command[1:]],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_linter_of_dockerfiles_finds_nothing() -> None:
    found = run("hadolint", "--failure-threshold", "style", str(DEPLOY / "Dockerfile"))
    assert (found.returncode, found.stdout) == (0, "")


def test_the_linter_finds_something_where_there_is_something(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"{DOCKERFILE}RUN cd /tmp\n")
    assert "DL3003" in run("hadolint", str(tmp_path / "Dockerfile")).stdout


def test_the_compose_file_is_one() -> None:
    compose = str(DEPLOY / "compose.yaml")
    found = run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", compose)
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize("path", KUBERNETES, ids=lambda path: path.stem)
@pytest.mark.parametrize("version", ["1.30", "1.37"])
def test_kubernetes_knows_every_key(path: Path, version: str) -> None:
    if path.stem != "kustomization":
        kubernetes_validate.validate(read(path), version, strict=True)


def test_kubernetes_refuses_what_it_does_not_know() -> None:
    wrong = manifest("service") | {"spec": {"port": 80}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, "1.37", strict=True)


def test_the_pod_of_kserve_is_one() -> None:
    spec = {key: RUNTIME["spec"][key] for key in ("containers", "volumes")}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": spec}
    kubernetes_validate.validate(pod, "1.37", strict=True)


def test_kserve_finds_the_runtime_of_the_model() -> None:
    service = read(DEPLOY / "kserve/inferenceservice.yaml")["spec"]["predictor"]["model"]
    assert service["runtime"] == RUNTIME["metadata"]["name"]
    assert service["modelFormat"]["name"] in {
        one["name"] for one in RUNTIME["spec"]["supportedModelFormats"]
    }
    assert service["protocolVersion"] in RUNTIME["spec"]["protocolVersions"]


def test_the_kustomization_has_every_manifest_and_the_image() -> None:
    said = manifest("kustomization")
    others = [path.name for path in KUBERNETES if path.stem != "kustomization"]
    assert sorted(said["resources"]) == others
    assert SERVERS["deployment"]["image"].partition(":")[0] == said["images"][0]["name"]


def test_who_selects_the_pods_finds_them() -> None:
    deployment = manifest("deployment")
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    selectors = [
        deployment["spec"]["selector"]["matchLabels"],
        manifest("service")["spec"]["selector"],
        manifest("disruption")["spec"]["selector"]["matchLabels"],
        POD["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"],
    ]
    assert all(one == labels for one in selectors)
    scaled = manifest("autoscaler")["spec"]["scaleTargetRef"]
    assert (scaled["kind"], scaled["name"]) == ("Deployment", deployment["metadata"]["name"])
    assert manifest("service")["spec"]["ports"][0]["targetPort"] == "http"


@each_server
def test_no_server_may_do_more_than_it_must(server: str) -> None:
    container = SERVERS[server]
    security = (POD["securityContext"] if server == "deployment" else {}) | container[
        "securityContext"
    ]
    assert security["runAsNonRoot"]
    assert security["runAsUser"] == USER
    assert security["readOnlyRootFilesystem"]
    assert not security["allowPrivilegeEscalation"]
    assert security["capabilities"] == {"drop": ["ALL"]}
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert {"cpu", "memory"} <= container["resources"]["limits"].keys()
    assert [one["mountPath"] for one in container["volumeMounts"]] == ["/tmp"]  # noqa: S108


@each_server
def test_a_server_has_as_many_threads_as_processors(server: str) -> None:
    (threads,) = re.findall(r"--threads=(\d+)", " ".join(SERVERS[server]["args"]))
    assert threads == SERVERS[server]["resources"]["limits"]["cpu"]


@each_server
def test_probes_ask_what_the_server_answers(server: str) -> None:
    container = SERVERS[server]
    probes = [probe for key, probe in container.items() if key.endswith("Probe")]
    assert {probe["httpGet"]["path"] for probe in probes} <= SERVED
    assert {probe["httpGet"]["port"] for probe in probes} <= {"http", 8000}
    assert container["ports"][0]["containerPort"] == 8000
    assert container["readinessProbe"]["httpGet"]["path"] == "/ready"


def test_a_pod_is_killed_after_its_server_has_had_time_to_end() -> None:
    (drain,) = re.findall(r"--drain=(\d+)", " ".join(SERVERS["deployment"]["args"]))
    assert POD["terminationGracePeriodSeconds"] >= int(drain) + 20 + 5  # and --timeout


def test_the_image_is_not_root_s_and_asks_itself_whether_it_is_ready() -> None:
    assert f"USER {USER}:{USER}" in DOCKERFILE
    assert re.search(r"^HEALTHCHECK .*", DOCKERFILE, re.MULTILINE)
    assert "http://127.0.0.1:8000/ready" in DOCKERFILE
    assert 'ENTRYPOINT ["reprise", "serve", "--host", "0.0.0.0"' in DOCKERFILE


def test_what_the_image_copies_is_there_and_not_ignored() -> None:
    """The list of what is not ignored, `!`, has every path that a line of COPY names."""
    kept = set(re.findall(r"^!(\S+)$", Path(".dockerignore").read_text("utf-8"), re.MULTILINE))
    lines = re.findall(r"^COPY (?!--)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    paths = {path for line in lines for path in line.split()}
    assert paths == {"LICENSE", "README.md", "constraints.txt", "pyproject.toml", "reprise"}
    assert all(Path(path).exists() for path in paths)
    assert paths <= kept
    assert "models/export" in kept
    assert "ARG MODEL=models/export/model.onnx" in DOCKERFILE


def test_no_image_has_the_name_of_a_host() -> None:
    texts = [path.read_text("utf-8") for path in (*DEPLOY.rglob("*.yaml"), DEPLOY / "Dockerfile")]
    images = re.findall(r"(?:^FROM|image:|newName:) +(\S+)", "\n".join(texts), re.MULTILINE)
    assert len(images) > 5
    assert not [image for image in images if "/" in image]


def test_the_compose_service_may_do_no_more_than_it_must() -> None:
    service = read(DEPLOY / "compose.yaml")["services"]["server"]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"] == f"{USER}:{USER}"
    assert all(str(port).startswith("127.0.0.1:") for port in service["ports"])
    assert all(volume["read_only"] for volume in service["volumes"])
    assert str(service["cpus"]) == service["command"][-1]


@pytest.mark.parametrize("server", [*SERVERS, "compose"])
def test_the_server_takes_these_arguments(server: str) -> None:
    settings = pytest.importorskip("reprise.serving.settings")
    given = (
        read(DEPLOY / "compose.yaml")["services"]["server"]["command"]
        if server == "compose"
        else [argument.replace("{{.Name}}", "classifier") for argument in SERVERS[server]["args"]]
    )
    parsed = settings.parse(["--host", "0.0.0.0", "--log-format", "json", *given])  # noqa: S104
    assert parsed.threads == 2
    assert parsed.model.name == "model.onnx"
