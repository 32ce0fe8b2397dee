"""The built-in ytt: renders ytt templates without the program.

:func:`render` takes files and data values and returns YAML; :func:`render_text` takes one template and
the values for it, as Cartographer's ``spec.ytt`` needs. Nothing here reads files, the environment, the
network or a cluster: everything comes in as arguments.
"""

from __future__ import annotations

from pkgops.ytt.datavalues import DataValues
from pkgops.ytt.engine import evaluate, render, render_text, validate
from pkgops.ytt.errors import YttError, YttLimitError
from pkgops.ytt.execution import Result
from pkgops.ytt.files import InputFile
from pkgops.ytt.options import Options

__all__ = [
    "DataValues",
    "InputFile",
    "Options",
    "Result",
    "YttError",
    "YttLimitError",
    "evaluate",
    "render",
    "render_text",
    "validate",
]
