"""Settings of a rendering."""

from __future__ import annotations

from pkgops.values import Value


class Options(Value, kw_only=True):
    """How to render.

    Attributes:
        ignore_unknown_comments: take comments that are neither ``#@`` nor ``#!`` for comments.
        implicit_map_key_overrides: let later map items silently replace earlier ones.
        strict: refuse plain YAML scalars that could mean two things.
        skip_validation: do not run the validation rules of data values.
        debug: print the compiled code of each template on standard error.
        max_steps: the most iterations and calls that templates may take.
        max_seconds: how long templates may run; None for no limit.
    """

    ignore_unknown_comments: bool = False
    implicit_map_key_overrides: bool = False
    strict: bool = False
    skip_validation: bool = False
    debug: bool = False
    max_steps: int = 20_000_000
    max_seconds: float | None = 30.0
