"""Mixins: the packages that a stack's images say they have, and those that a buildpack asks for.

Source: kpack's ``pkg/cnb/remote_stack_reader.go`` and ``buildpack_validation.go``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from pkgops.errors import PkgopsError
from pkgops.oci import Image

MIXINS_LABEL = "io.buildpacks.stack.mixins"
_BUILD, _RUN = "build:", "run:"
# From this platform API on a stack may have more for a stage than a buildpack asks for.
_RELAXED = (0, 7)


class BadMixins(PkgopsError):
    """The images of a stack do not go together."""

    slug = "kpack-part"


def mixins_of(build: Image, run: Image) -> list[str]:
    """Return a stack's mixins: those of both images, then those of one of them.

    Raises:
        BadMixins: an image has some of the other's stage, or the run image lacks some (kpack's message).
    """
    of_build, of_run = _label(build), _label(run)
    for name, found, other in (("build", of_build, _RUN), ("run", of_run, _BUILD)):
        wrong = [one for one in found if one.startswith(other)]
        if wrong:
            raise BadMixins(f"{name} image contains {other[:-1]}-only mixin(s): {', '.join(wrong)}")
    common = [one for one in of_build if not one.startswith(_BUILD)]
    missing = [one for one in common if one not in of_run]
    if missing:
        raise BadMixins(f"runImage missing required mixin(s): {', '.join(missing)}")
    own = [
        one for found, stage in ((of_build, _BUILD), (of_run, _RUN)) for one in found if one.startswith(stage)
    ]
    return [*common, *own]


def missing_mixins(
    provided: Sequence[str], required: Sequence[str], platform_apis: Sequence[str]
) -> list[str]:
    """Return the mixins that a buildpack asks for and a stack does not have.

    Args:
        provided: the stack's.
        required: the buildpack's.
        platform_apis: the platform API versions that the lifecycle supports.
    """
    relaxed = any(tuple(int(part) for part in one.split(".")) >= _RELAXED for one in platform_apis)
    return [one for one in required if not _present(provided, one, relaxed)]


def _present(provided: Sequence[str], wanted: str, relaxed: bool) -> bool:
    if wanted in provided or not relaxed:
        return wanted in provided
    for stage in (_BUILD, _RUN):
        if wanted.startswith(stage):
            return wanted.removeprefix(stage) in provided
    return _BUILD + wanted in provided and _RUN + wanted in provided


def _label(image: Image) -> list[str]:
    text = image.labels.get(MIXINS_LABEL)
    try:
        names = json.loads(text) if text else []
    except ValueError as error:
        raise BadMixins(f"label {MIXINS_LABEL} is no JSON: {error}") from error
    return [str(one) for one in names]
