"""``completion``: reports the built image to the controller, in the container's termination message.

Source: kpack's ``cmd/completion`` and ``pkg/cnb/build_metadata``.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pkgops.lifecycle import phase, tables
from pkgops.lifecycle.app_image import BUILD_LABEL, METADATA_LABEL
from pkgops.lifecycle.phase import Code, PhaseError
from pkgops.lifecycle.secrets import read_secrets
from pkgops.oci.client import RegistryClient
from pkgops.oci.image import read_image
from pkgops.oci.reference import ImageRef

REPORT = Path("/var/report/report.toml")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; returns the exit code."""
    arguments = sys.argv[1:] if argv is None else argv

    def complete() -> None:
        report = tables.read(REPORT).get("image", {})
        if not report.get("digest"):
            raise PhaseError(f"{REPORT} names no image", Code.FAILED)
        client = RegistryClient(read_secrets(arguments))
        built = ImageRef.parse(report["tags"][0]).at(report["digest"])
        message = encode(describe(client, built, os.environ.get("CACHE_TAG", "")))
        Path(os.environ.get("TERMINATION_MESSAGE_PATH", "/tmp/termination-log")).write_text(message)  # noqa: S108
        print("Build successful")

    return phase.run("complete", Code.FAILED, complete)


def describe(client: RegistryClient, built: ImageRef, cache_tag: str) -> dict[str, Any]:
    """Return the build metadata for the controller, read from the image's labels."""
    labels = read_image(client, built).labels
    built_by = json.loads(labels[BUILD_LABEL])
    run_image = json.loads(labels[METADATA_LABEL])["runImage"]
    cache_image = ""
    if cache_tag:
        cached = ImageRef.parse(cache_tag)
        cache_image = str(cached.at(client.digest(cached)))
    return {
        "buildpackMetadata": built_by["buildpacks"],
        "latestCacheImage": cache_image,
        "latestImage": str(built),
        "stackID": labels.get("io.buildpacks.stack.id", ""),
        "stackRunImage": run_image["reference"],
        "lifecycleVersion": (built_by.get("launcher") or {}).get("version", ""),
    }


def encode(value: Mapping[str, Any]) -> str:
    """Return a value as compressed text that fits into a termination message (4096 bytes)."""
    return base64.b64encode(gzip.compress(json.dumps(value).encode(), mtime=0)).decode()


if __name__ == "__main__":
    sys.exit(main())
