"""Options to results: one run, a grid, a search, modality ablations; records and tables."""
