"""`python -m token_optimizer`: the command line."""

import sys

from token_optimizer.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
