"""Data sets with real text and simulated video and audio, in the exact files that each benchmark reads.

The published features of a data set take tens of gigabytes, and some are not to be had at all. From its annotation tables
alone this package writes a complete data set whose video and audio are either noise with a planted signal of known
strength (:mod:`.planted`) or the word embeddings of given descriptions of the clips (:mod:`.described`).
"""
