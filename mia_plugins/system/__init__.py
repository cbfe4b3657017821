"""The machine: files, locks, digests, leases, processes, devices, logs. No tensor has a meaning here."""
