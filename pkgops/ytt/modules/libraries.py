"""placeholder"""

from typing import Any


def library_members(*args: Any) -> dict[str, Any]:
    """t."""
    return {}
