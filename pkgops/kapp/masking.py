"""Secrets without their content, for records of what was applied."""

from __future__ import annotations

import base64
import hashlib

from pkgops.kapp.identity import Obj, group, kind, unique_key


def masked(obj: Obj) -> Obj:
    """Return a Secret with a checksum for each value; any other resource unchanged.

    kapp copies what it applied into an annotation; a copy of a Secret there would appear in logs and dumps.
    Checksums are enough to detect changes.
    """
    if (group(obj), kind(obj)) != ("", "Secret"):
        return obj
    result = {key: value for key, value in obj.items() if key not in ("data", "stringData")}
    values = {str(key): str(value) for key, value in (obj.get("data") or {}).items()}
    values |= {
        str(key): base64.b64encode(str(value).encode()).decode()
        for key, value in (obj.get("stringData") or {}).items()
    }
    if values:
        result["data"] = {key: _checksum(obj, key, value) for key, value in values.items()}
    return result


def _checksum(obj: Obj, key: str, value: str) -> str:
    digest = hashlib.sha256("\0".join((unique_key(obj), key, value)).encode()).hexdigest()
    return f"sha256:{digest}"


def tidy(obj: Obj) -> Obj:
    """Return a resource without empty labels and annotations, which mean the same as none."""
    meta = {
        key: value
        for key, value in (obj.get("metadata") or {}).items()
        if value or key not in ("labels", "annotations")
    }
    return {**obj, "metadata": meta}
