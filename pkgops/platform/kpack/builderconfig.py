"""The configuration in the labels of a builder's image: user, stack, the platform API of its lifecycle."""

from __future__ import annotations

import json
from dataclasses import dataclass

from pkgops.oci import Image
from pkgops.platform.kpack.parts import METADATA_LABEL, STACK_LABEL, BadPart, number_of

PLATFORM_APIS = ("0.9", "0.8", "0.7")
"""The versions that kpack supports, in order of preference."""

CACHE_IN_BUILD_LABEL = "pkgops.dev/cache-in-build"
"""Label of pkgops' lifecycle: its buildpacks use the cache volume, so it is mounted during the build."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuilderConfig:
    """The configuration of a builder that the pod of a build depends on."""

    platform_api: str = PLATFORM_APIS[0]
    user: int = 1000
    group: int = 1000
    stack: str = ""
    run_image: str = ""
    cache_in_build: bool = False


def builder_config(image: Image) -> BuilderConfig:
    """Return the configuration of a builder's image.

    Raises:
        BadPart: it is not a builder, or supports none of kpack's platform APIs; the text is kpack's message.
    """
    labels = image.labels
    if STACK_LABEL not in labels:
        raise BadPart(f"builder image stack ID label not present: could not find label {STACK_LABEL}")
    if METADATA_LABEL not in labels:
        raise BadPart(f"unable to get builder metadata: could not find label {METADATA_LABEL}")
    metadata = json.loads(labels[METADATA_LABEL])
    apis = metadata.get("lifecycle", {}).get("apis", {}).get("platform", {})
    supported = [*(apis.get("deprecated") or []), *(apis.get("supported") or [])]
    version = next((api for api in PLATFORM_APIS if api in supported), "")
    if not version:
        raise BadPart(f"unsupported builder platform API versions: {','.join(supported)}")
    return BuilderConfig(
        platform_api=version,
        user=number_of(image, "CNB_USER_ID"),
        group=number_of(image, "CNB_GROUP_ID"),
        stack=labels[STACK_LABEL],
        run_image=str((metadata.get("stack", {}).get("runImage") or {}).get("image") or ""),
        cache_in_build=labels.get(CACHE_IN_BUILD_LABEL) == "true",
    )
