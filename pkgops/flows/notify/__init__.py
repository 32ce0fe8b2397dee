"""Notifications of changes: CloudEvents over HTTP, and messages by apprise. No outcome depends on them."""
