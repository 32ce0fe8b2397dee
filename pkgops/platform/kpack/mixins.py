"""Mixins: the packages in the labels of a stack's images, and those that a buildpack requires.

Source: kpack's ``pkg/cnb/remote_stack_reader.go`` and ``buildpack_validation.go``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from pkgops.errors import PkgopsError
from pkgops.oci import Image

MIXINS_LABEL = "io.buildpacks.stack.mixins"
_BUILD, _RUN = "build:", "run:"
# From this platform API on a mixin for one stage may be provided for both, and the reverse.
_RELAXED = (0, 7)


class BadMixins(PkgopsError):
    """The mixins of a stack's images are not consistent; the text is kpack's message."""

    slug = "kpack-part"


def mixins_of(build: Image, run: Image) -> list[str]:
    """Return a stack's mixins: first those of both images, then those of one stage.

    Raises:
        BadMixins: an image has mixins of the other's stage, or the run image lacks mixins of the build image.
    """
    of_build, of_run = _label(build), _label(run)
    for name, found, other in (("build", of_build, _RUN), ("run", of_run, _BUILD)):
        wrong = [mixin for mixin in found if mixin.startswith(other)]
        if wrong:
            raise BadMixins(f"{name} image contains {other[:-1]}-only mixin(s): {', '.join(wrong)}")
    common = [mixin for mixin in of_build if not mixin.startswith(_BUILD)]
    missing = [mixin for mixin in common if mixin not in of_run]
    if missing:
        raise BadMixins(f"runImage missing required mixin(s): {', '.join(missing)}")
    own = [
        mixin
        for mixins, stage in ((of_build, _BUILD), (of_run, _RUN))
        for mixin in mixins
        if mixin.startswith(stage)
    ]
    return [*common, *own]


def missing_mixins(
    provided: Sequence[str], required: Sequence[str], platform_apis: Sequence[str]
) -> list[str]:
    """Return the mixins that a buildpack requires and a stack does not have.

    Args:
        provided: the mixins of the stack.
        required: the mixins of the buildpack.
        platform_apis: the platform API versions that the lifecycle supports.
    """
    relaxed = any(tuple(int(part) for part in api.split(".")) >= _RELAXED for api in platform_apis)
    return [mixin for mixin in required if not _present(provided, mixin, relaxed)]


def _present(provided: Sequence[str], mixin: str, relaxed: bool) -> bool:
    if mixin in provided or not relaxed:
        return mixin in provided
    for stage in (_BUILD, _RUN):
        if mixin.startswith(stage):
            return mixin.removeprefix(stage) in provided
    return _BUILD + mixin in provided and _RUN + mixin in provided


def _label(image: Image) -> list[str]:
    text = image.labels.get(MIXINS_LABEL)
    try:
        names = json.loads(text) if text else []
    except ValueError as error:
        raise BadMixins(f"label {MIXINS_LABEL} is no JSON: {error}") from error
    return [str(name) for name in names]
