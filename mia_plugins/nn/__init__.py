"""Parts that any method is built from: text encoders, alignment, pooling, losses."""
