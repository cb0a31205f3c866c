"""The dispatch engine against literature and peers, on files of their formats."""
