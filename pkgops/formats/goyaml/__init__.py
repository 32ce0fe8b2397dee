"""YAML as go-yaml reads and writes it, byte for byte: the types of unquoted scalars, and which need quotes.

Carvel's tools and Cartographer compute digests of such texts, and ytt prints them. A YAML library would write
other indents, quotes and line breaks, and so give other digests.
"""

from pkgops.formats.goyaml.dialect import V2, V3, YTT, Dialect
from pkgops.formats.goyaml.keys import ordered
from pkgops.formats.goyaml.writer import as_doubles, dump

__all__ = ["V2", "V3", "YTT", "Dialect", "as_doubles", "dump", "ordered"]
