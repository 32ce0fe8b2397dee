"""The Go structs of kpack's API, which its webhook decodes.

Source: ``pkg/apis/build/v1alpha2`` and ``pkg/apis/core/v1alpha1``.
"""

from __future__ import annotations

from collections.abc import Mapping

from pkgops.platform.gotypes import ListOf, MapOf, Struct, Type, core, picked

_IMAGE: Mapping[str, Type] = {"image": "string"}
_REFERENCE = core("ObjectReference")
_SOURCE = Struct(
    "v1alpha1.SourceConfig",
    {
        "git": Struct(
            "v1alpha1.Git", {"url": "string", "revision": "string", "initializeSubmodules": "bool"}
        ),
        "blob": Struct("v1alpha1.Blob", {"url": "string", "auth": "string", "stripComponents": "int64"}),
        "registry": Struct(
            "v1alpha1.Registry", {**_IMAGE, "imagePullSecrets": ListOf(core("LocalObjectReference"))}
        ),
        "subPath": "string",
    },
)
_REGISTRY_CACHE = Struct("v1alpha2.RegistryCache", {"tag": "string"})
_POD: Mapping[str, Type] = {
    "services": ListOf(_REFERENCE, "v1alpha2.Services"),
    **picked(core("Container"), ("env", "resources")),
    "tolerations": ListOf(core("Toleration")),
    "nodeSelector": MapOf("string"),
    "affinity": core("Affinity"),
    "runtimeClassName": "string",
    "schedulerName": "string",
    "creationTime": "string",
}
"""Fields of Images and Builds that are copied to the build's pod."""
_COSIGN = Struct(
    "v1alpha2.CosignConfig",
    {"annotations": ListOf(Struct("v1alpha2.CosignAnnotation", {"name": "string", "value": "string"}))},
)
_BUILDPACK = {
    "BuildpackRef": {"id": "string", "version": "string", "optional": "bool"},
    "ObjectReference": _REFERENCE.fields,
}
_BUILDER: Mapping[str, Type] = {
    "tag": "string",
    "stack": _REFERENCE,
    "lifecycle": _REFERENCE,
    "store": _REFERENCE,
    "order": ListOf(
        Struct(
            "v1alpha2.BuilderOrderEntry",
            {"group": ListOf(Struct("v1alpha2.BuilderBuildpackRef", _IMAGE, _BUILDPACK))},
        )
    ),
    "additionalLabels": MapOf("string"),
}
_SOURCE_OF_IMAGE = {"ImageSource": _IMAGE}
_ACCOUNT: Mapping[str, Type] = {"serviceAccountRef": _REFERENCE}
_STACK_IMAGE = Struct("v1alpha2.ClusterStackSpecImage", _IMAGE)
SPECS: Mapping[str, Struct] = {
    "Image": Struct(
        "v1alpha2.ImageSpec",
        {
            "tag": "string",
            "builder": _REFERENCE,
            "serviceAccountName": "string",
            "source": _SOURCE,
            "cache": Struct(
                "v1alpha2.ImageCacheConfig",
                {
                    "volume": Struct(
                        "v1alpha2.ImagePersistentVolumeCache", {"size": "any", "storageClassName": "string"}
                    ),
                    "registry": _REGISTRY_CACHE,
                },
            ),
            "failedBuildHistoryLimit": "int64",
            "successBuildHistoryLimit": "int64",
            "imageTaggingStrategy": "string|v1alpha1.ImageTaggingStrategy",
            "projectDescriptorPath": "string",
            "build": Struct("v1alpha2.ImageBuild", {**_POD, "buildTimeout": "int64"}),
            "cosign": _COSIGN,
            "defaultProcess": "string",
            "additionalTags": ListOf("string"),
        },
    ),
    "Build": Struct(
        "v1alpha2.BuildSpec",
        {
            "tags": ListOf("string"),
            "builder": Struct(
                "v1alpha1.BuildBuilderSpec",
                {**_IMAGE, "imagePullSecrets": ListOf(core("LocalObjectReference")), "ref": _REFERENCE},
            ),
            "serviceAccountName": "string",
            "source": _SOURCE,
            "cache": Struct(
                "v1alpha2.BuildCacheConfig",
                {
                    "volume": Struct(
                        "v1alpha2.BuildPersistentVolumeCache", {"persistentVolumeClaimName": "string"}
                    ),
                    "registry": _REGISTRY_CACHE,
                },
            ),
            "runImage": Struct("v1alpha2.BuildSpecImage", _IMAGE),
            "activeDeadlineSeconds": "int64",
            **_POD,
            "priorityClassName": "string",
            "projectDescriptorPath": "string",
            "lastBuild": Struct(
                "v1alpha2.LastBuild",
                {**_IMAGE, "cache": Struct("v1alpha2.BuildCache", _IMAGE), "stackId": "string"},
            ),
            "cosign": _COSIGN,
            "defaultProcess": "string",
        },
    ),
    "Builder": Struct(
        "v1alpha2.NamespacedBuilderSpec",
        {"serviceAccountName": "string", "serviceAccount": "string"},
        {"BuilderSpec": _BUILDER},
    ),
    "ClusterBuilder": Struct("v1alpha2.ClusterBuilderSpec", _ACCOUNT, {"BuilderSpec": _BUILDER}),
    "ClusterStack": Struct(
        "v1alpha2.ClusterStackSpec",
        {"id": "string", "buildImage": _STACK_IMAGE, "runImage": _STACK_IMAGE, **_ACCOUNT},
    ),
    "ClusterStore": Struct(
        "v1alpha2.ClusterStoreSpec",
        {"sources": ListOf(Struct("v1alpha1.ImageSource", _IMAGE)), **_ACCOUNT},
    ),
    "ClusterLifecycle": Struct("v1alpha2.ClusterLifecycleSpec", _ACCOUNT, _SOURCE_OF_IMAGE),
    "Buildpack": Struct("v1alpha2.BuildpackSpec", {"serviceAccountName": "string"}, _SOURCE_OF_IMAGE),
    "ClusterBuildpack": Struct("v1alpha2.ClusterBuildpackSpec", _ACCOUNT, _SOURCE_OF_IMAGE),
}
"""The ``spec`` of each kind."""
