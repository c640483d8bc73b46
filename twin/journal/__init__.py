"""The typed tables that the model writes and that measuring reads. No KPI is computed here."""
