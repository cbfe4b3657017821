"""Settings of MAG-BERT, one ``Param`` per data set as the benchmarks have them.

``mag_bert_paper`` has the paper's gate, ``mag_bert_small`` what measured better on few clips.
"""
