"""Responses: pure functions of a run's journal tables. Nothing here runs, or imports, the model."""
