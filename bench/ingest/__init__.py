"""Ingest measured: durable messages a second, a plain C subscriber and raw COPY beside it."""
