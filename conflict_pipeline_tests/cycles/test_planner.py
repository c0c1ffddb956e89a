from datetime import date, timedelta
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conflict_pipeline.cycles.planner import Key, PlannedChunk, plan_chunks
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.errors import PipelineError

DAY = date(2026, 3, 2)


@st.composite
def key_lists(draw: st.DrawFn) -> list[Key]:
    """Distinct keys in chunk order: few days, few SSNs, sizes from 1 to far above every maximum."""
    places = draw(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), unique=True, max_size=30))
    sizes = st.one_of(st.integers(1, 5), st.integers(1, 60))
    return [
        Key(DAY + timedelta(days=day), f"90000000{ssn}" if ssn else "", draw(sizes))
        for day, ssn in sorted(places)
    ]


@st.composite
def chunk_settings(draw: st.DrawFn) -> CycleSettings:
    target = draw(st.integers(1, 30))
    return CycleSettings(
        target_chunk_size=target,
        max_chunk_size=target + draw(st.integers(0, 20)),
        max_keys_per_chunk=draw(st.integers(1, 8)),
    )


def members(keys: list[Key], chunks: list[PlannedChunk]) -> list[list[Key]]:
    """The keys of each chunk, by the number of keys that it says it has."""
    rest = iter(keys)
    return [list(islice(rest, chunk.keys)) for chunk in chunks]


@given(key_lists(), chunk_settings())
def test_every_key_is_in_one_chunk_in_order(keys: list[Key], settings: CycleSettings) -> None:
    chunks = list(plan_chunks(keys, settings))

    groups = members(keys, chunks)
    assert [key for group in groups for key in group] == keys
    assert all(groups)


@given(key_lists(), chunk_settings())
def test_a_chunk_begins_with_its_first_key_and_has_its_keys_rows(
    keys: list[Key], settings: CycleSettings
) -> None:
    chunks = list(plan_chunks(keys, settings))

    for chunk, group in zip(chunks, members(keys, chunks), strict=True):
        assert (chunk.from_date, chunk.from_ssn) == (group[0].visit_date, group[0].ssn)
        assert chunk.rows == sum(key.rows for key in group)


@given(key_lists(), chunk_settings())
def test_only_a_single_key_exceeds_the_maximum_of_rows(keys: list[Key], settings: CycleSettings) -> None:
    for chunk in plan_chunks(keys, settings):
        assert chunk.rows <= settings.max_chunk_size or chunk.keys == 1
        assert chunk.keys <= settings.max_keys_per_chunk


@given(key_lists(), chunk_settings())
def test_no_chunk_would_be_nearer_to_the_target_with_a_key_more_or_less(
    keys: list[Key], settings: CycleSettings
) -> None:
    chunks = list(plan_chunks(keys, settings))
    groups = members(keys, chunks)
    off = [abs(settings.target_chunk_size - chunk.rows) for chunk in chunks]

    for number, (chunk, group) in enumerate(zip(chunks, groups, strict=True)):
        if chunk.keys > 1:
            assert off[number] <= abs(settings.target_chunk_size - (chunk.rows - group[-1].rows))
        if number + 1 < len(chunks):
            grown = chunk.rows + groups[number + 1][0].rows
            is_full = grown > settings.max_chunk_size or chunk.keys == settings.max_keys_per_chunk
            assert is_full or off[number] < abs(settings.target_chunk_size - grown)


@given(key_lists())
def test_as_one_piece_everything_is_one_chunk(keys: list[Key]) -> None:
    chunks = list(plan_chunks(keys, CycleSettings(1, 1, 1).as_one_piece()))

    assert [chunk.keys for chunk in chunks] == ([len(keys)] if keys else [])


@pytest.mark.parametrize(
    ("rows", "sizes"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([10, 10, 10], [10, 10, 10], id="each as large as the target"),
        pytest.param([4, 4, 4, 4, 4], [12, 8], id="nearest to the target: a tie is taken in"),
        pytest.param([500, 1, 1], [500, 2], id="a key above the maximum is alone"),
        pytest.param([1, 1, 500], [2, 500], id="also as the last one"),
        pytest.param([9, 12], [9, 12], id="the maximum is kept"),
        pytest.param([9, 11], [9, 11], id="farther from the target"),
    ],
)
def test_chunks_come_out_like_this(rows: list[int], sizes: list[int]) -> None:
    keys = [Key(DAY, f"{number:09}", count) for number, count in enumerate(rows)]
    settings = CycleSettings(target_chunk_size=10, max_chunk_size=20)

    assert [chunk.rows for chunk in plan_chunks(keys, settings)] == sizes


def test_keys_are_read_as_chunks_are_asked_for() -> None:
    read: list[Key] = []

    def keys() -> Any:
        for number in range(1000):
            key = Key(DAY, f"{number:09}", 10)
            read.append(key)
            yield key

    next(plan_chunks(keys(), CycleSettings(target_chunk_size=10)))

    assert len(read) == 2


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"target_chunk_size": 0}, ["target_chunk_size is 0, must be at least 1"]),
        ({"max_concurrency": -1}, ["max_concurrency is -1, must be at least 1"]),
        ({"lookback_years": -1, "lookahead_days": -1}, ["lookback_years is -1", "lookahead_days is -1"]),
        ({"max_chunk_size": 9999}, ["max_chunk_size is 9999, must not be below target_chunk_size (10000)"]),
        ({"max_keys_per_chunk": 0, "max_chunk_size": 0}, ["max_keys_per_chunk is 0", "max_chunk_size is 0"]),
        ({"mode": "some"}, ["mode is 'some', must be full or incremental"]),
    ],
)
def test_settings_out_of_range_are_all_named(values: dict[str, Any], named: list[str]) -> None:
    with pytest.raises(PipelineError) as error:
        CycleSettings(**values)

    assert all(fault in str(error.value) for fault in named)


def test_the_smallest_settings_are_in_range() -> None:
    settings = CycleSettings(1, 1, 1, 1, 0, 0)

    assert (settings.target_chunk_size, settings.lookahead_days) == (1, 0)
