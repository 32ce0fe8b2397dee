"""Answers every request with a greeting."""

import os

from flask import Flask

app = Flask(__name__)


def greeting(name: str) -> str:
    """Return the text for a name; an empty name greets the world."""
    return f"Hello, {name or 'World'}!\n"


@app.get("/")
def hello() -> str:
    """Greet whom the environment names."""
    return greeting(os.environ.get("NAME", ""))
