"""Methods installed into a checkout, and taken out again."""
