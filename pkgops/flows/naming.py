"""The name of the target cluster; a module of its own, so that it can be printed before large imports."""

from __future__ import annotations

import os
from collections.abc import Mapping

INSTANCE = "PKGOPS_INSTANCE"


def name_of(context: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return the name of a context, or of the local cluster where the context is empty."""
    if context:
        return f"context {context}"
    return f"the local cluster {environ.get(INSTANCE, '')}".rstrip()
