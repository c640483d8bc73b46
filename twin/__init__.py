"""A SimPy digital twin of an omnichannel retailer: one truth, several beliefs, and what integrating them is worth."""

__version__ = "0.1.0"
