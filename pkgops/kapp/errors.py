"""Errors of kapp: a message for its standard error, exit code 1."""

from __future__ import annotations

from pkgops.errors import StepFailed


class KappError(StepFailed):
    """Deploying or deleting failed; ``what`` is the text after ``kapp: Error: ``."""

    slug = "kapp"
