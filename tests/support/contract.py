"""A client that fails a test whose route answers with a status or code that it doesn't declare."""

import re
from typing import Any

import httpx2


class Contract:
    """The published OpenAPI, looked up by method and path."""

    def __init__(self, openapi: dict[str, Any]) -> None:
        self.operations = [
            (method.upper(), re.compile("^" + re.sub(r"\{[^}]+\}", "[^/]+", path) + "$"), operation)
            # Literal paths before templates: /partners/import must not match /partners/{id}.
            for path, operations in sorted(
                openapi["paths"].items(), key=lambda item: "{" in item[0]
            )
            for method, operation in operations.items()
        ]

    def operation(self, method: str, path: str) -> dict[str, Any] | None:
        path = re.sub(r"^/api/t/[^/]+", "/api", path)
        return next(
            (
                operation
                for known, template, operation in self.operations
                if known == method and template.match(path)
            ),
            None,
        )

    async def check(self, response: httpx2.Response) -> None:
        """An httpx response hook."""
        request = response.request
        operation = self.operation(request.method, request.url.path)
        if operation is None:
            return
        declared = operation["responses"].get(str(response.status_code))
        where = f"{request.method} {request.url.path} answered {response.status_code}"
        await response.aread()
        assert declared is not None, f"{where}, which it does not declare: {response.text[:300]}"
        if response.status_code >= 400:
            code = response.json()["error"]
            assert code in declared["x-codes"], f"{where} {code}, which it does not declare"
