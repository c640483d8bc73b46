"""The twin against the plain reference on the same work: seconds, movements a second, peak memory, and how it grows."""
