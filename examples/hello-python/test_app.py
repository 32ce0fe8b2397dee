"""The greeting, and that it is what is answered."""

import unittest

from app import app, greeting


class Greetings(unittest.TestCase):
    """Run by unittest, which every Python has."""

    def test_the_greeting(self) -> None:
        """The world is greeted where there is no name."""
        assert greeting("") == "Hello, World!\n"
        assert greeting("Ada") == "Hello, Ada!\n"

    def test_the_handler_answers(self) -> None:
        """The page is the greeting."""
        answer = app.test_client().get("/")
        assert (answer.status_code, answer.text) == (200, "Hello, World!\n")
