"""What a benchmark needs of its own around the method: the parts of a vendored copy that are not the method's.

These modules are never imported here. They import a benchmark's packages as its own managers do, and
:mod:`mia_plugins.hosts.upstream.bundle` joins them with the modules of this package they import.
"""
