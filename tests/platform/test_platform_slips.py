"""Objects with an ordinary slip each, as people write them: every one names its slip."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from pkgops.kube import Obj
from pkgops.oci.errors import BadReference
from pkgops.oci.reference import ImageRef
from pkgops.platform.carvel.reconcile_steps import refused_fields
from pkgops.platform.carvel.secrets import References
from pkgops.platform.carvel.template import Templater
from pkgops.platform.crds import CrdFile
from pkgops.platform.durations import parse_duration
from pkgops.platform.flux.policy import choose
from pkgops.platform.knative import workload


def test_a_helm_chart_is_refused_by_its_field() -> None:
    chart = {"helmChart": {"name": "redis", "repository": {"url": "https://example.com"}}}
    outcome = refused_fields({"kind": "App", "spec": {"fetch": [chart], "template": [{"helmTemplate": {}}]}})
    assert outcome is not None
    assert "spec.fetch[].helmChart is not part of the local platform" in outcome.error
    assert "spec.template[].helmTemplate is not part of the local platform" in outcome.error


def test_a_file_that_is_no_yaml_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("kind: [")
    (tmp_path / "b.md").write_text("hi")
    references = References(SimpleNamespace(), "apps")  # type: ignore[arg-type]
    outcome = Templater(references, {}).run([{"ytt": {}}, {"kbld": {}}], tmp_path)
    assert outcome.error
    assert "a.yml" in outcome.stderr


def periods() -> list[str]:
    found = []
    for document in CrdFile.of("carvel").documents():
        schema = document["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        period = schema["properties"]["spec"].get("properties", {}).get("syncPeriod")
        found += [period["pattern"]] if period else []
    return found


@pytest.mark.parametrize("text", ["30s", "3m", "1h30m", "1.5h", "3m0s", "500ms", "0"])
def test_a_sync_period_is_a_duration_of_go(text: str) -> None:
    assert [bool(re.search(pattern, text)) for pattern in periods()] == [True] * 3
    assert parse_duration(text) >= 0


@pytest.mark.parametrize("text", ["often", "", "3", "3 m", "m", "3m and a bit"])
def test_any_other_sync_period_is_refused_at_admission(text: str) -> None:
    assert [bool(re.search(pattern, text)) for pattern in periods()] == [False] * 3


def test_of_two_policies_that_of_versions_counts_as_in_flux() -> None:
    both = {"numerical": {"order": "asc"}, "semver": {"range": "*"}}
    assert choose(["1", "20260101", "2.0.0"], both) == choose(
        ["1", "20260101", "2.0.0"], {"semver": both["semver"]}
    )


def pod(port: int | None = 9000, **container: Obj) -> Obj:
    ports = [{"containerPort": port}] if port else []
    item = {"name": "user-container", "image": "web", "ports": ports, **container}
    revision = {"metadata": {"name": "web-00001", "namespace": "apps"}, "spec": {"containers": [item]}}
    made: Obj = workload.pod_spec(revision, {})["containers"][0]
    return made


@pytest.mark.parametrize(("port", "asked"), [(9000, 9000), (None, 8080)])
def test_a_liveness_probe_without_a_port_asks_the_containers(port: int | None, asked: int) -> None:
    for kind in ("httpGet", "tcpSocket"):
        probe = pod(port, livenessProbe={kind: {}, "periodSeconds": 7})["livenessProbe"]
        assert probe == {kind: {"port": asked}, "periodSeconds": 7}
    assert pod(livenessProbe={"httpGet": {"port": 1}})["livenessProbe"] == {"httpGet": {"port": 1}}


def test_a_startup_probe_is_left_as_it_is_written_as_knative_does() -> None:
    probe = {"httpGet": {"path": "/"}}
    assert pod(startupProbe=probe)["startupProbe"] == probe


def test_an_image_with_capitals_is_named() -> None:
    with pytest.raises(BadReference, match="registry/T10/Web"):
        ImageRef.parse("registry:5000/registry/T10/Web")
