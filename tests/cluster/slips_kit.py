"""Objects with an ordinary slip each, and the words by which the cluster must name it."""

from __future__ import annotations

from typing import Any

from pkgops.local.cluster import LocalCluster

Obj = dict[str, Any]
SOURCE, IMAGE = "source.toolkit.fluxcd.io/v1", "image.toolkit.fluxcd.io/v1"
KPACK, TEKTON, KNATIVE = "kpack.io/v1alpha2", "tekton.dev/v1", "serving.knative.dev/v1"
PACKAGING, KAPP, CARTO = "packaging.carvel.dev/v1alpha1", "kappctrl.k14s.io/v1alpha1", "carto.run/v1alpha1"
Slip = tuple[Obj, str]
"""An object, and a word that a condition, an event or the refusal must have."""


def slips(cluster: LocalCluster, space: str, repository: str) -> list[Slip]:
    """Return all of them; ``repository`` is the URL of a Git repository with a branch ``main``."""
    registry, image = cluster.registry, cluster.images["toolbox"]
    return [
        *_sources(repository),
        *_images(registry, space, image.rpartition(":")[0]),
        *_kpack(registry, space, repository),
        *_tekton(image),
        *_knative(image, registry),
        *_carvel(registry, repository),
        *_carto(space),
    ]


def _made(api: str, kind: str, name: str, spec: Obj) -> Obj:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name}, "spec": spec}


def _sources(url: str) -> list[Slip]:
    def git(name: str, **more: Any) -> Obj:
        return _made(SOURCE, "GitRepository", name, {"interval": "1m", "url": url, **more})

    return [
        (git("short-commit", ref={"commit": "4d14b0eb"}), "4d14b0eb"),
        (git("no-branch", ref={"branch": "nobranch"}), "nobranch"),
        (git("no-folder", ref={"branch": "main"}, sparseCheckout=["nowhere"]), "nowhere"),
    ]


def _images(registry: str, space: str, present: str) -> list[Slip]:
    def image(name: str, reference: str, **more: Any) -> Obj:
        return _made(IMAGE, "ImageRepository", name, {"interval": "1m", "image": reference, **more})

    wrong = {"semver": {"range": "x!"}}
    policy = {"imageRepositoryRef": {"name": "good"}, "policy": wrong}
    return [
        (image("with-scheme", f"https://{registry}/{space}/web"), "https://"),
        (image("with-tag", f"{registry}/{space}/web:latest"), "tag"),
        (image("upper", f"{registry}/{space}/Web"), "Web"),
        (image("bad-exclusion", present, exclusionList=["(unclosed"]), "failed to compile regex (unclosed"),
        # No second scan while writes are counted: each scan is a change that lets its policy begin anew.
        (image("good", present, interval="10m"), ""),
        (image("no-image", f"{registry}/{space}/web"), f"{space}/web"),
        (_made(IMAGE, "ImagePolicy", "bad-range", policy), "improper constraint"),
    ]


def _kpack(registry: str, space: str, url: str) -> list[Slip]:
    def image(name: str, tag: str, **more: Any) -> Obj:
        spec = {
            "tag": f"{registry}/{space}/{tag}",
            "builder": {"kind": "ClusterBuilder", "name": "builder"},
            "source": {"git": {"url": url, "revision": "main"}},
        }
        return _made(KPACK, "Image", name, {**spec, **more})

    source = {"git": {"url": url, "revision": "nobranch"}}
    absent = {"volume": {"size": "1G", "storageClassName": "absent"}}
    memory = {"resources": {"limits": {"memory": "lots"}}}
    return [
        (image("kp-nobuilder", "a", builder={"kind": "ClusterBuilder", "name": "base"}), "base"),
        (image("kp-nosa", "b", serviceAccountName="nobody"), "nobody"),
        (image("kp-badtag", "Upper"), "Upper"),
        (image("kp-badcache", "d", cache={"volume": {"size": "big"}}), "quantit"),
        (image("kp-badenv", "c", build=memory), "quantit"),
        (image("kp-norev", "e", source=source), ""),
        (image("kp-noclass", "f", cache=absent), 'storageclass.storage.k8s.io "absent" not found'),
    ]


def _tekton(image: str) -> list[Slip]:
    def run(label: str, **step: Any) -> Obj:
        steps = [{"name": "a", "image": image, "script": "true", **step}]
        return _made(TEKTON, "TaskRun", label, {"taskSpec": {"steps": steps}})

    return [
        (run("tr-volume", volumeMounts=[{"name": "nope", "mountPath": "/x"}]), "nope"),
        (run("tr-name", name="Bad_Name"), "Bad_Name"),
        (run("tr-noimage", image=""), "spec.taskSpec.steps[0].Image"),
        (run("tr-resource", computeResources={"requests": {"cpu": "lots"}}), "quantit"),
    ]


def _knative(image: str, registry: str) -> list[Slip]:
    def service(name: str, container: Obj, traffic: list[Obj] | None = None, **more: Any) -> Obj:
        template = {"spec": {"containers": [{"image": image, **container}], **more}}
        spec = {"template": template, **({"traffic": traffic} if traffic else {})}
        return _made(KNATIVE, "Service", name, spec)

    return [
        (
            service("kn-mount", {"volumeMounts": [{"name": "nope", "mountPath": "/x"}]}),
            "volumeMounts[0].name",
        ),
        (service("kn-res", {"resources": {"limits": {"memory": "lots"}}}), "limits.memory"),
        (service("kn-sa", {}, serviceAccountName="nobody"), "nobody"),
        (service("kn-image", {"image": f"{registry}/T10/Web"}), "Web"),
        (service("kn-traffic", {}, [{"revisionName": "nope", "percent": 100}]), "nope"),
    ]


def _carvel(registry: str, url: str) -> list[Slip]:
    def app(name: str, paths: Obj, **more: Any) -> Obj:
        spec = {
            "serviceAccountName": "default",
            "fetch": [{"inline": {"paths": paths}}],
            "template": [{"ytt": {}}],
            "deploy": [{"kapp": {}}],
        }
        return _made(KAPP, "App", name, {**spec, **more})

    def packages(name: str, fetch: Obj) -> Obj:
        return _made(PACKAGING, "PackageRepository", name, {"fetch": fetch})

    install = {
        "serviceAccountName": "default",
        "packageRef": {"refName": "thing.example.com", "versionSelection": {"constraints": "nonsense"}},
    }
    upper = {"imgpkgBundle": {"image": f"{registry}/T10/Web:1"}}
    sops = [{"sops": {"age": {"privateKeysSecretRef": {"name": "k"}}}}, {"ytt": {}}]
    chart = [{"helmChart": {"name": "redis", "repository": {"url": "https://example.com"}}}]
    return [
        (packages("pr-git", {"git": {"url": url, "ref": "origin/main"}}), "packages/"),
        (packages("pr-upper", upper), "Web"),
        (_made(PACKAGING, "PackageInstall", "pi-range", install), "thing.example.com"),
        (app("app-sops", {"a.yml": "a: 1"}, template=sops), "sops"),
        (app("app-chart", {}, fetch=chart), "helm"),
        (app("app-list", {"a.yml": "- 1"}), "list"),
        (app("app-no-yaml", {"a.yml": "kind: ["}), "a.yml"),
        (app("app-account", {"a.yml": "a: 1"}, serviceAccountName="nobody"), "nobody"),
    ]


def _carto(space: str) -> list[Slip]:
    container = {"name": "a", "image": "$(runnable.spec.inputs.x)$"}
    template = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"generateName": "Bad_Name-"},
        "spec": {"containers": [container]},
    }
    bad = f"{space}-bad"

    def runnable(name: str, template: str, **more: Any) -> Obj:
        return _made(CARTO, "Runnable", name, {"runTemplateRef": {"name": template}, **more})

    return [
        (_made(CARTO, "ClusterRunTemplate", bad, {"template": template}), ""),
        (runnable("ru-none", "nope"), "nope"),
        (runnable("ru-name", bad, inputs={"x": "1"}), "Bad_Name"),
        (runnable("ru-input", bad), "inputs"),
    ]
