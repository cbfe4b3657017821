"""Settings of MIAR; the paper's are not public, so it trains as A-MESS does."""
