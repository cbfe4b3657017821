"""Methods inside a running host: nothing in the checkout changes."""
