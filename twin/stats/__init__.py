"""Statistics of replications: intervals, paired comparison, warm-up. Pure; imports nothing of twin."""
