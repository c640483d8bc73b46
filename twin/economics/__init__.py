"""Money: what an arm earns and costs in a year, low, base and high. Reads KPIs and the scenario, never a journal."""
