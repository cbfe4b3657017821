"""What there is to use, as tables: methods, data sets, hyper-parameters, metrics. Nothing here needs torch."""
