"""What a patch has in the place of parts of this package that a host has no use for; see :mod:`..vendor`.

Nothing here is imported in this package: some of it imports a host's packages.
"""
