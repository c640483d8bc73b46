"""How one arm's systems respond to one world. The only place that imports SimPy."""
