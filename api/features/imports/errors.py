"""What can go wrong with an import."""

from api.errors import BadRequest, Forbidden


class ImportDisabledOnHosted(Forbidden, code="import_disabled_on_hosted"):
    """A hosted installation doesn't take bundles; put them into one of your own."""


class UnsupportedSchemaVersion(BadRequest, code="unsupported_schema_version"):
    """This bundle's `schemaVersion` isn't one that this program reads."""


class BundleMisfit(BadRequest, code="invalid_body"):
    """This is not a bundle of ours; `detail` says where it differs, and nothing was stored."""

    def __init__(self, problem: str) -> None:
        super().__init__(detail={"formErrors": [problem], "fieldErrors": {}})
