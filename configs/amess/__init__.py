"""Settings of A-MESS, a ``Param`` a data set as the benchmark has them; ``amess_paper`` keeps the paper's own."""
