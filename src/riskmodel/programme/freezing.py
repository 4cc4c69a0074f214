"""A programme as plain JSON, so that a bundle keeps the words that its model was trained with."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from riskmodel.programme.dictionary import Dictionary
from riskmodel.programme.dictionary_file import CategoryLabels
from riskmodel.programme.lines import Grain, Lines
from riskmodel.programme.programme import AreaRow, Programme, ProgrammeFile

_DICTIONARY = TypeAdapter(Dictionary)
_AREAS = TypeAdapter(tuple[AreaRow, ...])
_CATEGORIES: TypeAdapter[CategoryLabels] = TypeAdapter(CategoryLabels)


def freeze(programme: Programme) -> dict[str, Any]:
    """Return the programme as JSON values, whole: :func:`thaw` needs nothing else."""
    return {
        "file": programme.file.model_dump(mode="json"),
        "dictionary": _DICTIONARY.dump_python(programme.dictionary, mode="json"),
        "categories": _CATEGORIES.dump_python(programme.categories, mode="json"),
        "lines": {
            "grain": programme.lines.grain.value,
            "values": [[area, period, line] for (area, period), line in sorted(programme.lines.values.items())],
        },
        "areas": _AREAS.dump_python(programme.area_rows, mode="json"),
        "importer_tables": {name: [dict(row) for row in rows] for name, rows in programme.importer_tables.items()},
    }


def thaw(values: dict[str, Any]) -> Programme:
    """Return the programme that :func:`freeze` wrote.

    Raises
    ------
    pydantic.ValidationError
        If the values are not a frozen programme.
    """
    lines = values["lines"]
    return Programme(
        file=ProgrammeFile.model_validate(values["file"]),
        dictionary=_DICTIONARY.validate_python(values["dictionary"]),
        categories=_CATEGORIES.validate_python(values["categories"]),
        lines=Lines(Grain(lines["grain"]), {(area, period): line for area, period, line in lines["values"]}),
        area_rows=_AREAS.validate_python(values["areas"]),
        importer_tables={name: tuple(rows) for name, rows in values["importer_tables"].items()},
    )
