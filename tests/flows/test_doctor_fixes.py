"""Corrections of templates are written without a cluster too: by the versions that current releases serve."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from pkgops.errors import PreflightError
from pkgops.flows import doctor, required_kinds
from pkgops.formats import yaml
from pkgops.kube.errors import Unreachable
from pkgops.platform.crds import CrdFile
from pkgops.settings import Overrides, Settings, load

OLD = """\
apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: {name: source}
spec:
  urlPath: .status.artifact.url
  revisionPath: .status.artifact.revision
  template:
    apiVersion: source.toolkit.fluxcd.io/v1beta1
    kind: GitRepository
    metadata: {name: source}
    spec: {interval: 1m0s, url: "http://git.example.com/x"}
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "templates.yaml").write_text(OLD)
    given = {"pkgops.templates": ([str(tmp_path / "templates.yaml")], "--templates")}
    return load(Overrides((), given), {}, tmp_path)


def failing(error: PreflightError) -> Callable[[], NoReturn]:
    def find() -> NoReturn:
        raise error

    return find


@pytest.mark.parametrize(
    "error", [PreflightError("there is none", slug="no-local-cluster"), Unreachable("it does not answer")]
)
def test_without_a_cluster_the_versions_of_current_releases_are_assumed(
    error: PreflightError, settings: Settings, tmp_path: Path
) -> None:
    fixes = doctor.fix_into(failing(error), settings, tmp_path / "fixes")
    assert fixes.assumed == ("carto.run/v1alpha1", "source.toolkit.fluxcd.io/v1")
    assert [path.name for path in fixes.files] == ["clustersourcetemplate-source.yaml", "README.md"]
    assert "source.toolkit.fluxcd.io/v1\n" in fixes.files[0].read_text()


def test_what_else_goes_wrong_on_the_way_to_a_cluster_is_told(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(PreflightError, match="cannot start"):
        doctor.fix_into(failing(PreflightError("cannot start", slug="local-up")), settings, tmp_path / "f")
    assert not (tmp_path / "f").exists()


def test_nothing_is_assumed_of_what_pkgops_does_not_know() -> None:
    objects = [{"apiVersion": "example.dev/v1beta9", "kind": "Thing"}]
    assert required_kinds.assumed_instead(objects) == ({}, [])


def test_a_kind_that_is_gone_is_not_written_in_another_version() -> None:
    objects = [{"apiVersion": "tekton.dev/v1alpha1", "kind": kind} for kind in ("ClusterTask", "Task")]
    assert required_kinds.assumed_instead(objects) == (
        {"tekton.dev/v1alpha1": "tekton.dev/v1"},
        ["tekton.dev/v1"],
    )


def test_the_versions_that_are_assumed_are_those_of_the_local_platform() -> None:
    groups: dict[str, set[tuple[str, ...]]] = {}
    for name in ("carto", "flux", "tekton", "kpack", "carvel", "knative"):
        for one in yaml.parse_all(CrdFile.of(name).text, name):
            spec = one["spec"]
            kind, versions = spec["names"]["kind"], tuple(v["name"] for v in spec["versions"] if v["served"])
            if kind in required_kinds.ALONE:
                assert required_kinds.ALONE[kind] == versions
            else:
                groups.setdefault(spec["group"], set()).add(versions)
    # kpack has kinds that are newer than its first version.
    newest = {group: max(found, key=len) for group, found in groups.items()}
    assert newest == required_kinds.KNOWN
