"""`python -m onto`: the same as the `onto` command."""

from __future__ import annotations

import sys

from onto.cli import main

sys.exit(main.main())
