"""How two package versions differ: their resources, their images, and their Packages."""

from __future__ import annotations

import base64
import difflib
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pkgops.formats import yaml
from pkgops.kapp.identity import Obj, group, kind, name, namespace
from pkgops.model import ImageRef

_COPIES = ("kubectl.kubernetes.io/last-applied-configuration", "kapp.k14s.io/original")
"""Annotations that repeat a whole resource, the data of a Secret included."""
_MASKED, _CHANGED = "<masked>", "<masked, changed>"
"""The placeholders of a Secret's values. A checksum of a short value could be found by trying values."""


class Action(StrEnum):
    """The kind of a difference."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """The content of one package version.

    Attributes:
        version: the package version; empty where there is none; then the other fields are empty too.
        objects: the resources of the ops bundle.
        package: the resources of the package bundle.
        images: the ops bundle and the images it refers to, by digest.
        files: a checksum for each file that is no list of resources, by path.
        bundle: all files of the ops bundle, by path.
    """

    version: str = ""
    objects: tuple[Obj, ...] = ()
    package: tuple[Obj, ...] = ()
    images: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    bundle: Mapping[str, bytes] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference.

    Attributes:
        action: how the subject differs.
        subject: a resource, the repository of an image, or the path of a file.
        before: the digest of an image; empty for all else.
        after: likewise.
        diff: a unified diff of YAML; empty where there is none.
    """

    action: Action
    subject: str
    before: str = ""
    after: str = ""
    diff: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """All differences from one package version to another.

    Attributes:
        before: a package version; empty for none.
        after: a package version.
        images: of both bundles, by repository.
        objects: what kapp would change where ``live``, else how the resources of both ops bundles differ.
        package: the Package and its metadata.
        files: what is no list of resources.
        live: whether ``objects`` compares with the live objects.
        not_live: why it does not; empty where that was not requested.
    """

    before: str
    after: str
    images: tuple[Change, ...] = ()
    objects: tuple[Change, ...] = ()
    package: tuple[Change, ...] = ()
    files: tuple[Change, ...] = ()
    live: bool = False
    not_live: str = ""

    @property
    def any(self) -> bool:
        """Whether anything differs."""
        return bool(self.images or self.objects or self.package or self.files)


def compare(before: Contents, after: Contents) -> Difference:
    """Return what differs; of the values of Secrets only whether they do."""
    return Difference(
        before=before.version,
        after=after.version,
        images=tuple(_values(_by_repository(before.images), _by_repository(after.images))),
        objects=changed(before.objects, after.objects),
        package=changed(_unversioned(before), _unversioned(after)),
        files=tuple(_without_values(_values(before.files, after.files))),
    )


def changed(before: Iterable[Obj], after: Iterable[Obj]) -> tuple[Change, ...]:
    """Return how resources differ, each matched by its kind and name."""
    return tuple(_texts(_by_key(before), _by_key(after)))


def _values(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    for subject in sorted({*before, *after}):
        old, new = before.get(subject, ""), after.get(subject, "")
        if old != new:
            yield Change(action=_action(old, new), subject=subject, before=old, after=new)


def _without_values(changes: Iterable[Change]) -> Iterator[Change]:
    """A checksum of a file with a short password could be found by trying passwords."""
    return (Change(action=change.action, subject=change.subject) for change in changes)


def _texts(before: Mapping[str, Obj], after: Mapping[str, Obj]) -> Iterator[Change]:
    texts_before, texts_after = {}, {}
    for subject in {*before, *after}:
        old, new = _shown(before.get(subject), after.get(subject))
        texts_before[subject], texts_after[subject] = _text(old), _text(new)
    for change in _values(texts_before, texts_after):
        lines = difflib.unified_diff(
            change.before.splitlines(), change.after.splitlines(), "before", "after", lineterm=""
        )
        yield Change(action=change.action, subject=change.subject, diff="\n".join(lines))


def _action(before: str, after: str) -> Action:
    if not before:
        return Action.ADDED
    return Action.CHANGED if after else Action.REMOVED


def _by_repository(images: Iterable[str]) -> dict[str, str]:
    """The digests of each repository; several of one repository are joined."""
    references: dict[str, set[str]] = {}
    for image in images:
        ref = ImageRef.parse(image)
        references.setdefault(ref.name, set()).add(image.removeprefix(ref.name).lstrip("@:"))
    return {name: ", ".join(sorted(digests)) for name, digests in references.items()}


def _by_key(objects: Iterable[Obj]) -> dict[str, Obj]:
    """Resources by their names. A repeated identity gets a number."""
    seen: Counter[str] = Counter()
    by_key = {}
    for obj in objects:
        key = _key(obj)
        seen[key] += 1
        by_key[f"{key} ({seen[key]})" if seen[key] > 1 else key] = obj
    return by_key


def _key(obj: Obj) -> str:
    title = f"{kind(obj)}.{group(obj)}" if group(obj) else kind(obj)
    place = f" in {namespace(obj)}" if namespace(obj) else ""
    return f"{title} {name(obj)}{place}".rstrip()


def _shown(before: Obj | None, after: Obj | None) -> tuple[Obj | None, Obj | None]:
    """Both versions of a resource without the values of a Secret."""
    old, new = (_secrets(obj) if obj else {} for obj in (before, after))
    kept = dict.fromkeys(old, _MASKED)
    shown = {key: _CHANGED if key in old and old[key] != new[key] else _MASKED for key in new}
    return _masked(before, kept), _masked(after, shown)


def _is_secret(obj: Obj) -> bool:
    return (group(obj), kind(obj)) == ("", "Secret")


def _secrets(obj: Obj) -> dict[str, str]:
    """The values of a Secret in the form of ``data``; ``stringData`` takes precedence."""
    if not _is_secret(obj):
        return {}
    encoded = {key: str(value) for key, value in _mapping(obj.get("data")).items()}
    plain = _mapping(obj.get("stringData")).items()
    return encoded | {key: base64.b64encode(str(value).encode()).decode() for key, value in plain}


def _masked(obj: Obj | None, values: Mapping[str, str]) -> Obj | None:
    if obj is None or not _is_secret(obj):
        return obj
    result = {key: value for key, value in obj.items() if key not in ("data", "stringData")}
    meta = dict(obj.get("metadata") or {})
    if "annotations" in meta:
        notes = meta["annotations"] or {}
        meta["annotations"] = {key: value for key, value in notes.items() if key not in _COPIES}
    return {**result, "metadata": meta} | ({"data": dict(values)} if values else {})


def _mapping(value: Any) -> dict[str, Any]:
    """A mapping, or an empty one where the value is something else."""
    if isinstance(value, dict):
        return {str(key): item for key, item in value.items()}
    return {"value": value} if value else {}


def _text(obj: Obj | None) -> str:
    return yaml.dump_all([_ordered(obj)]) if obj else ""


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value, key=str)}
    return [_ordered(item) for item in value] if isinstance(value, list) else value


def _unversioned(contents: Contents) -> list[Obj]:
    """The resources of the package bundle without the fields that contain only its version."""
    plain = []
    for obj in contents.package:
        spec = obj.get("spec")
        if kind(obj) == "Package" and isinstance(spec, dict):
            rest = {key: value for key, value in spec.items() if key != "version"}
            meta = {**(obj.get("metadata") or {}), "name": str(spec.get("refName") or "")}
            plain.append({**obj, "metadata": meta, "spec": rest})
        else:
            plain.append(obj)
    return plain


def checksum(content: bytes) -> str:
    """Return the checksum by which a file is compared whose content is not shown."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
