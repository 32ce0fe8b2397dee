"""Errors of a YAML parser as messages of go-yaml."""

from __future__ import annotations

import yaml


class YamlError(ValueError):
    """The text is not YAML.

    Attributes:
        line: 0-based line of the problem, 0 where it is not known.
    """

    def __init__(self, problem: str, line: int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.line = line


def syntax_error(error: yaml.MarkedYAMLError) -> YamlError:
    """Return the error for a parse error, with the line that go-yaml reports."""
    line = 0
    if error.problem_mark is not None and error.problem_mark.line:
        line = error.problem_mark.line
        if isinstance(error, yaml.scanner.ScannerError):
            line += 1
    elif error.context_mark is not None:
        line = error.context_mark.line
    return YamlError(str(error.problem), line)


def character_error(error: yaml.reader.ReaderError) -> YamlError:
    """Return the error for characters that YAML does not allow."""
    if "special characters" in str(error.reason) or "control characters" in str(error.reason):
        return YamlError("control characters are not allowed", 0)
    return YamlError(str(error.reason), 0)
