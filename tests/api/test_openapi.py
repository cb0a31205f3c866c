"""The OpenAPI document: complete, the same every time, made without any service."""

import json

from api.app import create_routes

PUBLIC = {
    "/healthz",
    "/readyz",
    "/api/v1/auth/login",
    "/api/v1/auth/refresh",
    "/api/v1/auth/logout",
    "/api/v1/auth/jwks",
}


def test_only_what_is_listed_as_public_needs_no_token() -> None:
    document = create_routes().openapi()

    open_to_all = {
        path
        for path, operations in document["paths"].items()
        if any("security" not in operation for operation in operations.values())
    }

    assert open_to_all == PUBLIC


def test_every_reference_leads_somewhere_and_the_live_shapes_are_there() -> None:
    document = create_routes().openapi()
    schemas = document["components"]["schemas"]
    references = {
        word.partition('"')[0]
        for word in json.dumps(document).split('"$ref": "#/components/schemas/')[1:]
    }

    assert references <= schemas.keys()
    assert {"SnapshotFrame", "EventsFrame", "FixesFrame", "ProblemBody"} <= schemas.keys()


def test_operation_names_are_unique() -> None:
    operations = [
        operation["operationId"]
        for path in create_routes().openapi()["paths"].values()
        for operation in path.values()
    ]

    assert len(operations) == len(set(operations))
