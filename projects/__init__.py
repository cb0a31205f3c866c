"""Projects, sites and tasks: what is to be done, and where."""
