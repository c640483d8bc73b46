"""A SimPy digital twin of an omnichannel retailer: one truth, several beliefs, and what each way of integrating costs."""

__version__ = "0.1.0"
