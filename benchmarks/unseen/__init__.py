"""New intents without training: intents are left out of a training, then added by their descriptions and tested.

``collect`` trains and keeps arrays, ``measure`` makes the tables from them. See docs/unseen.md.
"""
