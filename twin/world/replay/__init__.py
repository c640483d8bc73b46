"""Replay of a real log in place of drawn demand: validated before time zero, mapped, fitted, scaled, accounted for.

A log shows sales, not demand, and no stock. What cannot be mapped is counted and named; nothing is dropped silently.
"""
