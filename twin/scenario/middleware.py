"""Names of what carries messages and answers calls."""

from typing import Literal

Middleware = Literal["files", "hub", "broker", "service"]
"""What carries a message or answers a call, and so whose outage stops it: file transfer host, hub, broker, availability service."""
