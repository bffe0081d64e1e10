"""The table of defences is about the program as it is; `tests/defences.py` takes them out."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).parents[1]
TABLE = tomllib.loads((PROJECT / "tests" / "defences.toml").read_text(encoding="utf-8"))["defence"]


@pytest.mark.parametrize("defence", TABLE, ids=[each["promise"] for each in TABLE])
def test_each_defence_stands_where_the_table_says(defence: dict[str, Any]) -> None:
    text = (PROJECT / defence["file"]).read_text(encoding="utf-8")
    assert text.count(defence["there"]) == 1
    assert defence["without"] != defence["there"]
    assert all((PROJECT / each).exists() for each in defence["tests"])
