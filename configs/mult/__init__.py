"""Settings of MulT, one ``Param`` per data set as the benchmarks have them; ``mult_paper`` keeps the paper's own."""
