"""Replay of a real log in place of drawn demand: read and validated before time zero, mapped, fitted, scaled, and accounted for.

A log shows sales, not demand, and no stock. What cannot be mapped is counted and named; nothing is dropped silently.
"""
