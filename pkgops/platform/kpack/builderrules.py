"""kpack's validation of builders, stacks, stores, lifecycles and buildpacks. Pure.

Source: ``builder_validation.go``, ``cluster_builder_validation.go``, ``cluster_stack_validation.go``,
``cluster_store_validation.go`` and ``cluster_lifecycle_validation.go`` of ``pkg/apis/build/v1alpha2``.
"""

from __future__ import annotations

from pkgops.kube import Obj
from pkgops.platform.fielderrors import FieldError, below, disallowed, invalid, missing, missing_one_of
from pkgops.platform.kpack.names import service_account
from pkgops.platform.kpack.references import image_errors, reference, tag_reference

BUILDPACK_KINDS = ("Buildpack", "ClusterBuildpack")


def builder_problems(builder: Obj) -> list[FieldError]:
    """Return the errors of a Builder."""
    spec = builder["spec"]
    account = [] if service_account(spec) else [missing("serviceAccountName")]
    return below("spec", _builder_errors(spec) + account)


def cluster_builder_problems(builder: Obj) -> list[FieldError]:
    """Return the errors of a ClusterBuilder; kpack's paths lack ``spec``, except for the service account."""
    spec = builder["spec"]
    account = spec.get("serviceAccountRef") or {}
    for key in ("name", "namespace"):
        if not account.get(key):
            return [missing(f"spec.serviceAccountRef.{key}")]
    return _builder_errors(spec)


def stack_problems(stack: Obj) -> list[FieldError]:
    """Return the errors of a ClusterStack."""
    spec = stack["spec"]
    errors = _account_errors(spec)
    if not errors:
        errors = [] if spec.get("id") else [missing("id")]
        for field in ("buildImage", "runImage"):
            errors += below(field, image_errors((spec.get(field) or {}).get("image")))
    return below("spec", errors)


def store_problems(store: Obj) -> list[FieldError]:
    """Return the errors of a ClusterStore."""
    spec = store["spec"]
    errors, sources = _account_errors(spec), spec.get("sources") or []
    if not errors and not sources:
        errors = [missing("sources")]
    elif not errors:
        images = [str(source.get("image") or "") for source in sources]
        errors = [
            invalid(f"{{{image}}}", f"sources[{index}]")
            for index, image in enumerate(images)
            if reference(image) is None
        ]
    return below("spec", errors)


def buildpack_problems(buildpack: Obj) -> list[FieldError]:
    """Return the errors of a Buildpack or ClusterBuildpack."""
    spec = buildpack["spec"]
    return below("spec", _account_errors(spec) or image_errors(spec.get("image")))


def lifecycle_problems(lifecycle: Obj) -> list[FieldError]:
    """Return the errors of a ClusterLifecycle."""
    spec = lifecycle["spec"]
    errors = _account_errors(spec)
    if not errors and not spec.get("image"):
        errors = [missing("image")]
    return below("spec", errors)


def _account_errors(spec: Obj) -> list[FieldError]:
    account = spec.get("serviceAccountRef")
    if account is not None:
        for key in ("name", "namespace"):
            if not account.get(key):
                return [missing(f"serviceAccountRef.{key}")]
    return []


def _builder_errors(spec: Obj) -> list[FieldError]:
    tag, errors = str(spec.get("tag") or ""), list[FieldError]()
    if not tag:
        errors.append(missing("tag"))
    elif tag_reference(tag) is None:
        errors.append(invalid(tag, "tag"))
    stack, store = spec.get("stack") or {}, spec.get("store") or {}
    if not stack.get("name"):
        errors.append(missing("stack.name"))
    elif stack.get("kind") != "ClusterStack":
        errors.append(invalid(stack.get("kind") or "", "stack.kind"))
    if store.get("name") or store.get("kind"):
        errors += below("store", _reference_errors(store, ("ClusterStore",)))
    for index, entry in enumerate(spec.get("order") or []):
        for place, member in enumerate(entry.get("group") or []):
            errors += below(f"order[{index}].group[{place}]", _member_errors(member))
    return errors


def _reference_errors(ref: Obj, kinds: tuple[str, ...]) -> list[FieldError]:
    kind = ref.get("kind") or ""
    # With a valid kind kpack does not check the name.
    if kind in kinds:
        return []
    errors = [] if ref.get("name") else [missing("name")]
    return [*errors, invalid(kind, "kind", f"must be one of {', '.join(kinds)}")]


def _member_errors(member: Obj) -> list[FieldError]:
    named = bool(member.get("name") or member.get("kind"))
    errors = _reference_errors(member, BUILDPACK_KINDS) if named else []
    if member.get("image"):
        errors.append(disallowed("image reference currently not supported"))
    elif not (named or member.get("id")):
        errors.append(missing_one_of("image", "id", "name + kind"))
    return errors
