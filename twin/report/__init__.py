"""Telling people what a finished run says; reads stored results only."""
