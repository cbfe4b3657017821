"""From arrays to metrics: functions that know nothing of models, files or hosts.

Conventions, stated once and used everywhere here:

- A *score* says how much a sample looks in-scope: higher = more in-scope. A flag ``is_in_scope`` is 1 for in-scope and
  0 for out-of-scope (OOS).
- Labels are integer ids: ``0 .. num_labels - 1`` are the intents, ``num_labels`` is OOS.
- All results are fractions (0 to 1), as Python floats; nothing is multiplied by 100.
- Where a host's definition differs from the textbook, the host's name keeps the host's value, and the textbook's value
  stands beside it under another name (``_fixed``, ``_standard``, ``_ap``).
- Input that no number can be made of (NaN scores, one class only, ids out of range) raises `UserError`.
- SciPy and scikit-learn are imported by the functions that need them, so that importing a module here costs nothing.
"""
