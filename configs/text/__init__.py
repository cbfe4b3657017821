"""Settings of the text-only baseline, trained as A-MESS is."""
