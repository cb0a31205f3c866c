"""`python -m fieldops.stack`: the stack's commands alone, before the program is installed."""

import sys

from fieldops.errors import FieldopsError
from fieldops.stack.commands import app

if __name__ == "__main__":
    try:
        app()
    except FieldopsError as error:
        print(f"fieldops: {error}", file=sys.stderr)
        sys.exit(1)
