"""One manager a host, used by ``mia-plugins run`` and ``install`` in this process, and by ``patch`` as a file of the host's.

Importing one imports a host's packages: that works inside a host only. What these modules need of this package goes into the
patch with them (see :mod:`mia_plugins.hosts.upstream.bundle`), so they ask for little.
"""
