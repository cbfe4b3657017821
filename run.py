"""The benchmark's run script: ``python run.py --method amess --dataset MIntRec2.0``; see ``--help``."""

import sys

from mia_plugins.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
