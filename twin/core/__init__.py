"""The bottom layer: the integer clock, the counter-based hash, laws as integer tables, and how kernels are compiled.

Nothing here knows what a retailer is, and nothing here imports another part of twin.
"""
