"""Debian packages as plain folders: mirrors, download, unpacking, a browser."""
