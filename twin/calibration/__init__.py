"""Laws of demand fitted to real logs: what a log holds, what fits it, how far that is from days kept apart and from the
defaults, and the preset that is made of it.
"""
