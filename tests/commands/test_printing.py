"""What checks found is printed once, with every place where it was found."""

from __future__ import annotations

from riskmodel.commands.printing import check_lines


def found(code: str, where: str, words: str) -> dict[str, str]:
    return {"code": code, "level": "warning", "where": where, "words": words}


def test_the_same_words_stand_on_one_line_in_the_order_of_codes() -> None:
    told = [found("RM014", "as of b", "rate"), found("RM003", "as of a", "some"), found("RM003", "as of b", "some")]
    assert check_lines(told) == ["RM003 warning, as of a, as of b: some", "RM014 warning, as of b: rate"]


def test_nothing_found_is_no_line() -> None:
    assert check_lines([]) == []
