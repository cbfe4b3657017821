"""Batches to weights: settings, loaders, optimizer, loop, checkpoints, and the manager that puts them together."""
