"""`python -m token_optimizer`: the command line."""

import sys

from token_optimizer.cli.main import main

sys.exit(main())
