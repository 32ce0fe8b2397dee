"""Verifications: checks of the application in an environment, and their results."""
