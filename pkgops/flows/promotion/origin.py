"""The commit of a release whose Build does not exist any more: by a label of the image, else by a record.

kpack keeps the last ten Builds. The labels of an image have the source that its buildpacks got, and the
records of each environment the commits that ran there.
"""

from __future__ import annotations

from dataclasses import replace

from pkgops.errors import PkgopsError
from pkgops.flows.promotion.places import place_of
from pkgops.flows.registry import keychain
from pkgops.flows.releases.release import Release
from pkgops.flows.target import Target
from pkgops.pipeline import revisions
from pkgops.settings import Settings


def with_revision(target: Target, workload: str, release: Release) -> Release:
    """Return a release with the commit of its image, where a label or a record has it."""
    if release.revision or not release.image:
        return release
    found = of_image(target.settings, release.image) or _of_records(target, workload, release.image)
    return replace(release, revision=found)


def of_image(settings: Settings, image: str) -> str:
    """Return the source revision in the labels of an image; empty where it has none.

    Only the configured registry is read: there are no credentials for another one here.
    """
    from pkgops import oci

    prefix = settings.text("registry.tagPrefix")
    try:
        reference = oci.ImageRef.parse(image)
        if not prefix or oci.ImageRef.parse(f"{prefix}x").registry != reference.registry:
            return ""
        labels = oci.read_image(oci.RegistryClient(keychain(settings)), reference).labels
    except PkgopsError:
        return ""
    return revisions.labelled(labels)


def _of_records(target: Target, workload: str, image: str) -> str:
    for setting in target.settings.environments:
        try:
            records, _ = place_of(target, setting, workload).read()
        except PkgopsError:
            continue
        for one in (end for record in records for end in (record.after, record.before)):
            if one.revision and revisions.digest(one.image) == revisions.digest(image):
                return one.revision
    return ""
