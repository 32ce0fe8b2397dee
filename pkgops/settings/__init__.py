"""Configuration: the data values of the templates, pkgops's own keys, and where each value came from."""

from pkgops.settings.checks import Check, HttpCheck, TaskCheck
from pkgops.settings.duration import parse_duration
from pkgops.settings.environments import EnvironmentSetting
from pkgops.settings.gates import GateSetting
from pkgops.settings.layers import Layer, Origin, Tree
from pkgops.settings.load import DEFAULT_FILES, Overrides, load
from pkgops.settings.settings import Settings

__all__ = [
    "Check",
    "DEFAULT_FILES",
    "EnvironmentSetting",
    "GateSetting",
    "HttpCheck",
    "Layer",
    "Origin",
    "Overrides",
    "Settings",
    "TaskCheck",
    "Tree",
    "load",
    "parse_duration",
]
