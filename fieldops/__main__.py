"""`python -m fieldops`."""

from fieldops.cli import main

main()
