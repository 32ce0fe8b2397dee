"""What a builder's image says of itself: its user, its stack, the platform API of its lifecycle."""

from __future__ import annotations

import json
from dataclasses import dataclass

from pkgops.oci import Image
from pkgops.platform.kpack.parts import METADATA_LABEL, STACK_LABEL, BadPart, number_of

PLATFORM_APIS = ("0.9", "0.8", "0.7")
"""The versions that kpack supports, the best first."""

CACHE_IN_BUILD_LABEL = "pkgops.dev/cache-in-build"
"""On our own lifecycle, whose buildpacks use caches where they lie; others see none while they build."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuilderConfig:
    """What the pod of a build follows from its builder."""

    platform_api: str = PLATFORM_APIS[0]
    user: int = 1000
    group: int = 1000
    stack: str = ""
    run_image: str = ""
    cache_in_build: bool = False


def builder_config(image: Image) -> BuilderConfig:
    """Return what a builder's image says.

    Raises:
        BadPart: it is no builder, or none of its platform APIs is one of kpack's (kpack's words).
    """
    labels = image.labels
    if STACK_LABEL not in labels:
        raise BadPart(f"builder image stack ID label not present: could not find label {STACK_LABEL}")
    if METADATA_LABEL not in labels:
        raise BadPart(f"unable to get builder metadata: could not find label {METADATA_LABEL}")
    metadata = json.loads(labels[METADATA_LABEL])
    apis = metadata.get("lifecycle", {}).get("apis", {}).get("platform", {})
    supported = [*(apis.get("deprecated") or []), *(apis.get("supported") or [])]
    version = next((one for one in PLATFORM_APIS if one in supported), "")
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
