"""Settings of CAGC, one ``Param`` per data set as the benchmark has them."""
