"""Carrying out an experiment: tasks, engine, results folder, comparison, thresholds."""
