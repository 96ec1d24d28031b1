"""Commands for whoever connects a vendor."""
