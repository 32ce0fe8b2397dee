from api_fixtures import api, client

__all__ = ["api", "client"]
