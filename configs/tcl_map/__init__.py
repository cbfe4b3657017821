"""Settings of TCL-MAP, one ``Param`` per data set as the benchmark has them."""
