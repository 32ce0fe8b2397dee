"""Names and labels of kpack's objects."""

from __future__ import annotations

from pkgops.kube import Obj
from pkgops.oci.reference import ImageRef
from pkgops.platform.names import child_name

API = "kpack.io/v1alpha2"
IMAGE = "image.kpack.io/image"
BUILD_NUMBER = "image.kpack.io/buildNumber"
GENERATION = "image.kpack.io/imageGeneration"
REASON = "image.kpack.io/reason"
CHANGES = "image.kpack.io/buildChanges"
BUILDER_NAME = "image.kpack.io/builderName"
BUILDER_KIND = "image.kpack.io/builderKind"
TRIGGER = "image.kpack.io/additionalBuildNeeded"
BUILD = "kpack.io/build"


def build_name(image: str, number: int) -> str:
    """Return the name of a build of an Image."""
    return child_name(image, f"-build-{number}")


def pod_name(build: str) -> str:
    """Return the name of a Build's pod."""
    return child_name(build, "-build-pod")


def cache_name(image: str) -> str:
    """Return the name of an Image's cache claim."""
    return child_name(image, "-cache")


def resolver_name(image: str) -> str:
    """Return the name of an Image's SourceResolver."""
    return child_name(image, "-source")


def builder_tag(tag: str, kind: str, name: str) -> ImageRef:
    """Return the tag of a builder's image; instead of ``latest`` it has the builder's kind and name.

    Source: recorded for ClusterBuilder (``clusterbuilder-<name>``); for Builder it is assumed.
    """
    ref = ImageRef.parse(tag)
    return ref if ref.tag not in ("", "latest") else ref.tagged(f"{kind.lower()}-{name}")


def with_tag(ref: ImageRef, digest: str) -> str:
    """Return ``repository:tag@digest``, the form of a builder's ``latestImage``."""
    return f"{ref.name}:{ref.tag}@{digest}"


def service_account(spec: Obj) -> str:
    """Return the service account in the spec of an Image or Builder of v1alpha1 or v1alpha2."""
    return str(spec.get("serviceAccountName") or spec.get("serviceAccount") or "default")
