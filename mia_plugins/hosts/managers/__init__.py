"""One manager a host: ``mia-plugins run`` and ``install`` use it in this process, ``patch`` makes it a file of the host's.

Importing one imports a host's packages, so that works inside a host only. What these modules need of this package goes
into the patch with them (see :mod:`mia_plugins.hosts.upstream.bundle`): they ask for little.
"""
