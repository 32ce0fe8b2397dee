"""The differences in the output of the versions of go-yaml."""

from __future__ import annotations

from typing import NamedTuple

BREAKS = "\n\r\x85\u2028\u2029"
"""All line ends of YAML 1.1."""


class Dialect(NamedTuple):
    """One version of go-yaml as its ``Marshal`` is set up.

    Attributes:
        indent: spaces for each level.
        width: the column after which a text may be folded into the next line; None: never.
        indents_lists: whether a list is indented below its key.
        blocks_keep_tabs: whether a text with tabs may be written as a block.
        drops_first_break: whether a block that begins with a line feed loses it (a bug of v3.0.1).
        breaks_in_keys: the line breaks that a quoted key may not have: such a key is written after ``? ``.
        letters_after_digits: whether in a key, after equal digits, a letter comes before other signs.
    """

    indent: int
    width: int | None
    indents_lists: bool
    blocks_keep_tabs: bool
    drops_first_break: bool
    breaks_in_keys: str
    letters_after_digits: bool


V2 = Dialect(
    indent=2,
    width=80,
    indents_lists=False,
    blocks_keep_tabs=False,
    drops_first_break=False,
    breaks_in_keys=BREAKS,
    letters_after_digits=False,
)
"""gopkg.in/yaml.v2 v2.4.0: what kapp and the other tools of Carvel write."""

V3 = Dialect(
    indent=4,
    width=None,
    indents_lists=True,
    blocks_keep_tabs=True,
    drops_first_break=True,
    breaks_in_keys=BREAKS,
    letters_after_digits=True,
)
"""gopkg.in/yaml.v3 v3.0.1: what Cartographer writes."""

YTT = V2._replace(width=None, breaks_in_keys="\n\u2028\u2029")
"""The copy of version 2 in ytt."""
