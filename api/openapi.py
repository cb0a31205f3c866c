"""`python -m api.openapi` prints the OpenAPI document: the same bytes for the same code, always."""

import json
import sys

from api.app import create_routes

if __name__ == "__main__":
    json.dump(create_routes().openapi(), sys.stdout, indent=2, sort_keys=True, ensure_ascii=False)
    sys.stdout.write("\n")
