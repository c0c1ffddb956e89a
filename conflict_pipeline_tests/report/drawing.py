"""Renders equal charts once per process, because rendering is most of the cost of an HTML report."""

import json
from typing import Any

import pytest
import vl_convert

_drawn: dict[str, str] = {}


@pytest.fixture
def drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cache rendered charts by their specification; test_charts.py tests that rendering is deterministic."""
    render = vl_convert.vegalite_to_svg

    def cached(spec: dict[str, Any]) -> str:
        key = json.dumps(spec, sort_keys=True)
        if key not in _drawn:
            _drawn[key] = render(spec)
        return _drawn[key]

    monkeypatch.setattr(vl_convert, "vegalite_to_svg", cached)
