"""What ``/openapi.json`` tells of the model that serves: which features a household needs, and what each may hold."""

from __future__ import annotations

from typing import Any

from riskmodel.programme.dictionary import Feature, Kind
from riskmodel.scoring.scorer import Scorer

LINE = r"^[^\u0000-\u001f\u007f-\u009f]*$"
"""Text without control characters."""


def features_schema(scorer: Scorer) -> dict[str, Any]:
    """Return the schema of a household's features: all of them, and no other."""
    features = scorer.schema.features
    return {
        "type": "object",
        "description": "Every feature of the model by name, in any order; null where not known.",
        "properties": {feature.name: _feature_schema(feature) for feature in features},
        "required": [feature.name for feature in features],
        "additionalProperties": False,
    }


def features_example(scorer: Scorer) -> dict[str, Any]:
    """Return the features of a typical household."""
    return {
        feature.name: feature.column.categories[int(typical)]
        if feature.column.kind is Kind.CATEGORY and typical is not None
        else typical
        for feature, typical in zip(scorer.schema.features, scorer.reference.typical, strict=True)
    }


def _feature_schema(feature: Feature) -> dict[str, Any]:
    column = feature.column
    match column.kind:
        case Kind.CATEGORY:
            # an unknown one is taken as missing, with a warning
            return {"type": ["string", "null"], "pattern": LINE, "examples": list(column.categories)}
        case Kind.BOOLEAN:
            return {"enum": [True, False, 0, 1, None]}
    kind = "integer" if column.kind is Kind.INTEGER else "number"
    limits = {name: limit for name, limit in (("minimum", column.low), ("maximum", column.high)) if limit is not None}
    return {"type": [kind, "null"], **limits}
