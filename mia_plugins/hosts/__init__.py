"""Methods inside the benchmarks' own code: the only place that knows a host's modules, maps and quirks."""
