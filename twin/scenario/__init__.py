"""The scenario language: what an architect writes, as frozen and validated models."""
