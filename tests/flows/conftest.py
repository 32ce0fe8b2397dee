from api_fixtures import api, client
from commands_kit import commands

__all__ = ["api", "client", "commands"]
