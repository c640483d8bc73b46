"""What systems of the retailer say to one another: the canonical model, its events and APIs, and their versions."""
