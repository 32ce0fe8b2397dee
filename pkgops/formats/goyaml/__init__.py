"""YAML as go-yaml reads and writes it, byte for byte: what unquoted texts mean, and where texts need quotes.

Carvel's tools and Cartographer make digests of such texts, and ytt prints them. A YAML library would choose
other indents, quotes and line ends, and so other digests.
"""

from pkgops.formats.goyaml.dialect import V2, V3, YTT, Dialect
from pkgops.formats.goyaml.keys import ordered
from pkgops.formats.goyaml.writer import as_doubles, dump

__all__ = ["V2", "V3", "YTT", "Dialect", "as_doubles", "dump", "ordered"]
