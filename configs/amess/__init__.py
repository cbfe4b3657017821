"""Settings of A-MESS, one ``Param`` per data set as the benchmark has them; ``amess_paper`` keeps the paper's own."""
