"""Settings of the method; the module named after it serves every data set."""
