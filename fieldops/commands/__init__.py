"""The command line, one module a noun; each is a thin shell around functions that do the work."""
