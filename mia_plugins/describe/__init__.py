"""``mia-plugins describe``: sentences that say what labels mean, asked of a language model, and checked."""
