"""Columns by their labels: offices' sheets carry the dictionary's words rather than its names."""

from __future__ import annotations

import pandas as pd

from riskmodel.features.snapshot import ID_COLUMNS
from riskmodel.language import Language, languages
from riskmodel.programme.programme import Programme

ID_LABELS = {
    "household_id": {"en": "Household", "zh": "户编号"},
    "as_of": {"en": "As of", "zh": "截至日期"},
    "area_code": {"en": "Area", "zh": "地区代码"},
}


def labels_of(programme: Programme, language: Language) -> dict[str, str]:
    """Return the label of every column of a snapshot; a label that two columns share gets the name behind it."""
    found = {
        name: ID_LABELS[name].get(language.code, ID_LABELS[name]["en"]) for name in ID_COLUMNS if name in ID_LABELS
    }
    found |= {feature.name: language.label(feature.column.labels) or feature.name for feature in programme.features}
    seen = list(found.values())
    return {name: label if seen.count(label) == 1 else f"{label} ({name})" for name, label in found.items()}


def plain_names(programme: Programme, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a snapshot with the dictionary's names where it has its labels, in any language; else as it is."""
    known = {feature.name for feature in programme.features} | set(ID_COLUMNS)
    if all(name in known for name in frame.columns):
        return frame
    names: dict[str, str] = {}
    for language in languages():
        names |= {label: name for name, label in labels_of(programme, language).items()}
    return frame.rename(columns={label: name for label, name in names.items() if label not in known})
