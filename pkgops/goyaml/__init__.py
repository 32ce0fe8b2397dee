"""YAML byte for byte as go-yaml writes it, where Carvel's tools and Cartographer make digests of it.

A YAML library would choose other indents, quotes and line ends, and so other digests. Only what
JSON can hold is written: maps with text as keys, lists, texts, numbers, booleans, null.
"""

from pkgops.goyaml.dialect import V2, V3, Dialect
from pkgops.goyaml.keys import ordered
from pkgops.goyaml.numbers import format_double
from pkgops.goyaml.writer import dump

__all__ = ["V2", "V3", "Dialect", "dump", "format_double", "ordered"]
