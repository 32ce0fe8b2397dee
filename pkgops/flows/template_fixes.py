"""Corrections of templates as ytt overlays in files of their own: the templates are not changed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from pkgops.errors import RefusedError, UsageError
from pkgops.flows import overlays
from pkgops.model import ObjectRef
from pkgops.pipeline.lint import Correction

README = "README.md"


def write(
    corrections: list[Correction], folder: Path, templates: list[str], local_images: Iterable[str] = ()
) -> list[Path]:
    """Write an overlay for each object that is to be corrected, and a README that describes each.

    Args:
        corrections: the corrections.
        folder: where to write.
        templates: the corrected templates, as on the command line.
        local_images: images that only the local cluster has; the README names those that are used.

    Raises:
        RefusedError: the folder is not empty.
        UsageError: it cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RefusedError(
            f"{folder} exists, and is not an empty folder",
            why="nothing is overwritten",
            next="name a folder that does not exist yet",
            slug="folder-not-empty",
        )
    texts = {file_name(one): _document(one) for one in corrections}
    texts[README] = readme(corrections, folder, templates, local_images)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {folder}: {error.strerror}", slug="folder-unwritable") from None
    return [folder / name for name in texts]


def file_name(correction: Correction) -> str:
    """Return the unique file name of an object's overlay."""
    ref = ObjectRef.of(correction.before)
    return "-".join(part for part in (ref.kind.lower(), ref.namespace, ref.name) if part) + ".yaml"


def readme(
    corrections: list[Correction], folder: Path, templates: list[str], local_images: Iterable[str] = ()
) -> str:
    """Return what each overlay does, as Markdown."""
    given = " ".join(f"--templates {one}" for one in [*templates, str(folder)])
    lines = [
        "# Corrections of templates",
        "",
        "ytt overlays that pkgops doctor wrote. They change what the templates render, not the templates:",
        "",
        f"    pkgops up {given}",
        "",
        "or `ytt -f TEMPLATES -f " + str(folder) + "`. Each may be deleted where it is not wanted.",
    ]
    for one in corrections:
        lines += ["", f"## {file_name(one)}", ""]
        lines += [f"- `{finding.name}`: {finding.what}" for finding in one.findings]
    used = [
        (file_name(one), image) for one in corrections for image in local_images if _adds_image(one, image)
    ]
    if used:
        lines += ["", "## On another cluster", "", "Only the local cluster has these images:", ""]
        lines += [f"- {name}: `{image}`" for name, image in dict.fromkeys(used)]
        lines += [
            "",
            "For another one, name its images under `steps.test.image` and `steps.package.image` in its",
            "configuration, and let `pkgops doctor` write the overlays with that (`-f`, `--context`).",
        ]
    return "\n".join(lines) + "\n"


def _adds_image(correction: Correction, image: str) -> bool:
    before, after = (json.dumps(obj) for obj in (correction.before, correction.after))
    return image in after and image not in before


def _document(correction: Correction) -> str:
    """The file of one overlay, with comments on what it corrects."""
    findings = [finding.what for finding in correction.findings]
    return overlays.document([overlays.overlay(correction.before, correction.after, findings)])
