"""Known answers from outside, measured through the twin's own components: ``twin selfcheck``."""
