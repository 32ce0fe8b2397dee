"""kpack's validation of image references (``pkg/apis/validate``). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pkgops.oci.errors import BadReference
from pkgops.oci.reference import ImageRef
from pkgops.platform.fielderrors import FieldError, invalid, missing


def reference(text: str) -> ImageRef | None:
    """Return the image reference in a text, None if it is not one."""
    try:
        return ImageRef.parse(text)
    except BadReference:
        return None


def tag_reference(text: str) -> ImageRef | None:
    """Return the image reference in a text, None if it is not one or has a digest."""
    ref = reference(text)
    return ref if ref is not None and not ref.digest else None


def tag_errors(tags: Iterable[str], field: str) -> Iterator[FieldError]:
    """Yield an error for each text in a list that is not a tag."""
    for index, tag in enumerate(tags):
        if tag_reference(tag) is None:
            yield invalid(tag, f"{field}[{index}]")


def image_errors(text: str | None) -> Iterator[FieldError]:
    """Yield the errors of the field ``image``."""
    if not text:
        yield missing("image")
    elif reference(text) is None:
        yield invalid(text, "image")
