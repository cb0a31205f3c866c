"""The OpenAPI document, with the shapes of the WebSocket and of problems beside those of REST.

OpenAPI has no word for a WebSocket, but its components are where clients generate types from.
"""

import inspect
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from api.shapes import live
from api.shapes.body import ProblemBody

PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {
        "description": "A problem (RFC 9457)",
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemBody"}}
        },
    }
}


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of an application's routes."""
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name, schema in _other_schemas().items():
        schemas.setdefault(name, schema)
    # Ours are problems; FastAPI announces its own shape for what it refuses.
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("422", None)
    return document


def _other_schemas() -> dict[str, Any]:
    shapes: list[type[BaseModel]] = [
        shape
        for _, shape in inspect.getmembers(live, inspect.isclass)
        if issubclass(shape, BaseModel) and shape.__module__ == live.__name__
    ]
    shapes.append(ProblemBody)
    _, made = models_json_schema(
        [(shape, "serialization") for shape in shapes],
        ref_template="#/components/schemas/{model}",
    )
    found: dict[str, Any] = made.get("$defs", {})
    return found
