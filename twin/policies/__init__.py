"""Pure decisions, scalar and compiled: kernels, model and the plain reference call the same ones. No clock, no
randomness, no state.
"""
