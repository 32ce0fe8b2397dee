"""Objects with an ordinary slip each, and the words by which the cluster must name it.

Most are those of the written cases; here are others, and those of the kinds that these have none of.
"""

from __future__ import annotations

from typing import Any

from written_cases import SLIPS, documents, named

Obj = dict[str, Any]
SOURCE, IMAGE = "source.toolkit.fluxcd.io/v1", "image.toolkit.fluxcd.io/v1"
KPACK, TEKTON, KNATIVE = "kpack.io/v1alpha2", "tekton.dev/v1", "serving.knative.dev/v1"
PACKAGING, KAPP, CARTO = "packaging.carvel.dev/v1alpha1", "kappctrl.k14s.io/v1alpha1", "carto.run/v1alpha1"
DATA = "data.packaging.carvel.dev/v1alpha1"
Slip = tuple[Obj, str]
"""An object, and a word that a condition, an event or the refusal must have; empty where nothing is wrong."""
WIDE_KINDS = [
    *((KPACK, f"Cluster{part}") for part in ("Builder", "Stack", "Store", "Lifecycle", "Buildpack")),
    *((CARTO, f"Cluster{kind}Template") for kind in ("", "Source", "Image", "Config", "Deployment", "Run")),
    *((CARTO, f"Cluster{kind}") for kind in ("SupplyChain", "Delivery")),
]


def slips(registry: str, image: str, space: str, repository: str) -> list[Slip]:
    """Return all of them.

    Args:
        registry: an empty place in it is named.
        image: one of it that has a shell.
        space: the namespace that they go to, and a word in the name of what is cluster-wide.
        repository: the URL of a Git repository with a branch ``main``.
    """
    return [
        *_written(registry, image, space, repository),
        *_sources(repository),
        *_images(registry, space, image.rpartition(":")[0]),
        *_kpack(registry, space, repository),
        *_builders(registry, space),
        *_tekton(image),
        *_knative(image, f"{registry}/{space}/noimage"),
        *_carvel(registry, repository),
        *_carto(space),
        *_storage(),
    ]


def _written(registry: str, image: str, space: str, url: str) -> list[Slip]:
    """Return the written cases; what is cluster-wide has the namespace in its name."""
    words = {"GITURL/mono.git": url, "TOOLBOX": image, "REG": registry, "t17-bad": f"{space}-bad"}
    found = documents("17/in.yaml.tpl", **words)
    for obj in found:
        # What is wrong with these two is looked at once the image is there.
        if named(obj) == "ImageRepository/bad-exclusion":
            obj["spec"]["image"] = image.rpartition(":")[0]
        if named(obj) == "Service/kn-sa":
            obj["spec"]["template"]["spec"]["containers"][0]["image"] = image
    said = [SLIPS[named(obj)] for obj in documents("17/in.yaml.tpl")]
    return list(zip(found, said, strict=True))


def _made(api: str, kind: str, name: str, spec: Obj) -> Obj:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name}, "spec": spec}


def _sources(url: str) -> list[Slip]:
    def git(name: str, **more: Any) -> Obj:
        return _made(SOURCE, "GitRepository", name, {"interval": "1m", "url": url, **more})

    return [
        (git("no-branch", ref={"branch": "nobranch"}), "nobranch"),
        (git("no-folder", ref={"branch": "main"}, sparseCheckout=["nowhere"]), "nowhere"),
    ]


def _images(registry: str, space: str, present: str) -> list[Slip]:
    def image(name: str, reference: str, **more: Any) -> Obj:
        return _made(IMAGE, "ImageRepository", name, {"interval": "1m", "image": reference, **more})

    wrong = {"semver": {"range": "x!"}}
    policy = {"imageRepositoryRef": {"name": "good"}, "policy": wrong}
    return [
        # No second scan while writes are counted: each scan is a change that lets its policy begin anew.
        (image("good", present, interval="10m"), ""),
        (image("no-image", f"{registry}/{space}/web"), f"{space}/web"),
        (_made(IMAGE, "ImagePolicy", "bad-range", policy), "improper constraint"),
    ]


def _kpack(registry: str, space: str, url: str) -> list[Slip]:
    source = {"git": {"url": url, "revision": "main"}}
    absent = {"volume": {"size": "1G", "storageClassName": "absent"}}
    image = {
        "tag": f"{registry}/{space}/f",
        "builder": {"kind": "ClusterBuilder", "name": "builder"},
        "source": source,
        "cache": absent,
    }
    build = {
        "tags": [f"{registry}/{space}/g"],
        "builder": {"image": f"{registry}/{space}/nobuilder"},
        "serviceAccountName": "default",
        "source": source,
    }
    unknown = {"serviceAccount": "default", "source": {"git": {"url": f"{url}.gone", "revision": "main"}}}
    return [
        (_made(KPACK, "Image", "kp-noclass", image), 'storageclass.storage.k8s.io "absent" not found'),
        (_made(KPACK, "Build", "kp-build", build), "nobuilder"),
        # kpack tells in its log alone that a server does not answer, and the first build says it.
        (_made(KPACK, "SourceResolver", "kp-unknown", unknown), ""),
    ]


def _builders(registry: str, space: str) -> list[Slip]:
    """Return what is wrong about builders and what they are made of."""

    def wide(kind: str, spec: Obj) -> Obj:
        return _made(KPACK, kind, f"{space}-{kind.lower()}", spec)

    missing = f"{registry}/{space}/missing"
    parts = {
        "tag": f"{registry}/{space}/builder",
        "stack": {"kind": "ClusterStack", "name": f"{space}-nostack"},
        "store": {"kind": "ClusterStore", "name": f"{space}-nostore"},
        "order": [{"group": [{"id": "example/go"}]}],
    }
    account = {"name": "default", "namespace": space}
    images = {"buildImage": {"image": missing}, "runImage": {"image": missing}}
    return [
        (_made(KPACK, "Builder", "kp-builder", {**parts, "serviceAccountName": "default"}), "nostack"),
        (wide("ClusterBuilder", {**parts, "serviceAccountRef": account}), "nostack"),
        (wide("ClusterStack", {"id": "example", **images}), "missing"),
        (wide("ClusterStore", {"sources": [{"image": missing}]}), "missing"),
        (wide("ClusterLifecycle", {"image": missing}), "missing"),
        (wide("ClusterBuildpack", {"image": missing}), "missing"),
        (_made(KPACK, "Buildpack", "kp-buildpack", {"image": missing}), "missing"),
    ]


def _tekton(image: str) -> list[Slip]:
    step = {"name": "a", "image": image, "script": "true"}
    absent = {"pipelineSpec": {"tasks": [{"name": "a", "taskRef": {"name": "notask"}}]}}
    late = {"pipelineSpec": {"tasks": [{"name": "a", "taskSpec": {"steps": [{**step, "script": "false"}]}}]}}
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}
    claim["storageClassName"] = "absent"
    bound = {"workspaces": [{"name": "w", "volumeClaimTemplate": {"spec": claim}}]}
    return [
        (_made(TEKTON, "TaskRun", "tr-ghost", {"taskRef": {"name": "ghost"}}), "ghost"),
        (
            _made(TEKTON, "TaskRun", "tr-action", {"taskSpec": {"steps": [{"ref": {"name": "noaction"}}]}}),
            "noaction",
        ),
        (
            _made(
                TEKTON,
                "TaskRun",
                "tr-claim",
                {"taskSpec": {"workspaces": [{"name": "w"}], "steps": [step]}, **bound},
            ),
            "unbound",
        ),
        (_made(TEKTON, "Task", "ta-name", {"steps": [{**step, "name": "Bad_Name"}]}), "Bad_Name"),
        (
            _made(
                "tekton.dev/v1beta1", "StepAction", "sa-param", {"image": image, "args": ["$(params.typo)"]}
            ),
            "typo",
        ),
        (
            _made(
                TEKTON,
                "Pipeline",
                "pl-after",
                {"tasks": [{"name": "a", "taskRef": {"name": "x"}, "runAfter": ["b"]}]},
            ),
            "wasn't present",
        ),
        (_made(TEKTON, "PipelineRun", "pr-ghost", {"pipelineRef": {"name": "ghost"}}), "ghost"),
        (_made(TEKTON, "PipelineRun", "pr-notask", absent), "notask"),
        (_made(TEKTON, "PipelineRun", "pr-fails", late), "Failed: 1"),
    ]


def _knative(image: str, absent: str) -> list[Slip]:
    def template(**container: Any) -> Obj:
        return {"template": {"spec": {"containers": [{"image": image, **container}]}}}

    stale = {"traffic": [{"revisionName": "norevision", "percent": 100}]}
    gone = {"traffic": [{"configurationName": "noconfig", "percent": 100}]}
    return [
        (_made(KNATIVE, "Service", "kn-exit", template(command=["sh", "-c", "exit 3"])), "Container failed"),
        (
            _made(KNATIVE, "Service", "kn-badroute", {**template(command=["sleep", "600"]), **stale}),
            "norevision",
        ),
        (_made(KNATIVE, "Service", "kn-port", template(ports=[{"containerPort": "8080"}])), "containerPort"),
        (_made(KNATIVE, "Configuration", "kn-config", template(image=absent)), "noimage"),
        (_made(KNATIVE, "Route", "kn-route", gone), "noconfig"),
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

    image = {"imgpkgBundle": {"image": f"{registry}/nobundle:1"}}
    git = {"git": {"url": url, "ref": "origin/nobranch"}}
    package = {
        "refName": "web.demo.carto",
        "version": "1.0.0",
        "kubernetesVersionSelection": {"constraints": "^1.29"},
    }
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: Bad_Name}\nspec: {containers: [{name: a, image: a}]}\n"
    return [
        (app("app-account", {"a.yml": "a: 1"}, serviceAccountName="nobody"), "nobody"),
        (app("app-fetch", {}, fetch=[image]), "nobundle"),
        (app("app-git", {}, fetch=[git]), "nobranch"),
        (app("app-deploy", {"a.yml": pod}), "Bad_Name"),
        (app("app-flag", {"a.yml": "a: 1"}, deploy=[{"kapp": {"rawOptions": ["--nope"]}}]), "--nope"),
        (_made(PACKAGING, "PackageRepository", "pr-gone", {"fetch": image}), "nobundle"),
        (_made(DATA, "Package", "web.demo.carto.1.0.0", package), "kubernetesVersionSelection.constraints"),
        (_made(DATA, "PackageMetadata", "web.demo", {"displayName": "Web"}), "at least three segments"),
    ]


def _carto(space: str) -> list[Slip]:
    """Return owners, Runnables and blueprints; what is cluster-wide has the namespace in its name."""

    def wide(kind: str, name: str, spec: Obj) -> Obj:
        return _made(CARTO, kind, f"{space}-{name}", spec)

    def owner(kind: str, name: str, label: str, **more: Any) -> Obj:
        made = _made(CARTO, kind, name, more)
        made["metadata"]["labels"] = {"slip": f"{space}-{label}"}
        return made

    def chain(kind: str, name: str, template: Obj) -> Obj:
        spec = {
            "selector": {"slip": f"{space}-{name}"},
            "resources": [{"name": "a", "templateRef": template}],
        }
        return wide(kind, name, spec)

    nothing = {"kind": "ClusterTemplate", "name": f"{space}-notemplate"}
    bad = {"kind": "ClusterTemplate", "name": f"{space}-odd"}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "Bad_Name"}, "spec": {"containers": []}}
    container = {"name": "a", "image": "$(runnable.spec.inputs.x)$"}
    made = {**pod, "metadata": {"generateName": "Bad_Name-"}, "spec": {"containers": [container]}}
    both = {"template": pod, "ytt": "a: 1"}
    completed = {"succeeded": {"key": "status.a", "value": "b"}}
    run: Obj = {"runTemplateRef": {"name": f"{space}-made"}}
    return [
        (wide("ClusterRunTemplate", "made", {"template": made}), ""),
        (_made(CARTO, "Runnable", "ru-name", {**run, "inputs": {"x": "1"}}), "Bad_Name"),
        (_made(CARTO, "Runnable", "ru-input", run), "inputs"),
        (wide("ClusterTemplate", "odd", {"template": pod}), ""),
        (wide("ClusterTemplate", "both", both), "ytt"),
        (wide("ClusterSourceTemplate", "both", {**both, "urlPath": "a", "revisionPath": "b"}), "ytt"),
        (wide("ClusterImageTemplate", "both", {**both, "imagePath": "a"}), "ytt"),
        (wide("ClusterConfigTemplate", "both", {**both, "configPath": "a"}), "ytt"),
        (wide("ClusterDeploymentTemplate", "both", {**both, "observedCompletion": completed}), "ytt"),
        (chain("ClusterSupplyChain", "gone", nothing), "did not find the template of the resource(s) [a]"),
        (chain("ClusterDelivery", "away", nothing), "did not find the template of the resource(s) [a]"),
        (chain("ClusterSupplyChain", "refused", bad), ""),
        (owner("Workload", "wl-alone", "nochain"), "found where full selector is satisfied by"),
        (owner("Deliverable", "dl-alone", "nochain"), "found where full selector is satisfied by"),
        (owner("Workload", "wl-gone", "gone"), "did not find the template"),
        (owner("Deliverable", "dl-gone", "away"), "did not find the template"),
        (owner("Workload", "wl-refused", "refused"), "Bad_Name"),
    ]


def _storage() -> list[Slip]:
    claim = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Mi"}},
        "volumeMode": "Block",
    }
    return [(_made("v1", "PersistentVolumeClaim", "pvc-block", claim), "volumes are folders")]
