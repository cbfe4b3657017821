"""Side-by-side measurements: A-MESS here against the benchmarks' own methods, a plain A-MESS, and a text classifier.

``python -m benchmarks`` prints the table for this machine, ``python -m benchmarks --gpu_id 0`` the one for a GPU.
Each side runs in a process of its own, with the same number of threads, in alternating order. See docs/performance.md.
"""
