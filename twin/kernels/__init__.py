"""The data plane: integer array kernels, compiled with numba, that the model advances to ``env.now`` before it touches
stock.
"""
