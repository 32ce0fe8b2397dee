"""Configuration: the data values of the templates, pkgops's own keys, and where each value came from."""

from pkgops.settings.duration import parse_duration
from pkgops.settings.environments import EnvironmentSetting
from pkgops.settings.gates import GateSetting
from pkgops.settings.layers import Layer, Origin, Tree
from pkgops.settings.load import DEFAULT_FILES, Overrides, load
from pkgops.settings.settings import Settings

__all__ = [
    "DEFAULT_FILES",
    "EnvironmentSetting",
    "GateSetting",
    "Layer",
    "Origin",
    "Overrides",
    "Settings",
    "Tree",
    "load",
    "parse_duration",
]
