"""Settings of MISA, one ``Param`` per data set; ``misa_benchmark`` has MIntRec's own, with a discriminator for CMD."""
