"""The options of `conflict-pipeline bench`."""

from dataclasses import asdict, dataclass, field
from pathlib import Path

from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.devtools.demo.sample import SampleSize
from conflict_pipeline.errors import PipelineError

_CHUNKING = ("target_chunk_size", "max_chunk_size", "max_keys_per_chunk")


@dataclass(frozen=True)
class Options:
    """The options of one run.

    `chunk_rows` is the target size of a chunk; None leaves it to the defaults of a cycle, where the number of
    keys may limit it. `repeat`: each candidate is measured this many times, and its fastest counts. Raises
    PipelineError for values out of range.
    """

    size: SampleSize = field(default_factory=lambda: SampleSize(conflict_rows=113_000, visits=432_000))
    chunk_rows: int | None = None
    repeat: int = 1
    with_jobs: bool = True
    check: bool = False
    json_file: Path | None = None

    def __post_init__(self) -> None:
        if self.repeat < 1:
            raise PipelineError(f"repeat is {self.repeat}, must be at least 1.")
        if self.json_file and not self.json_file.absolute().parent.is_dir():
            raise PipelineError(f"There is no folder {self.json_file.absolute().parent} for the JSON.")
        self.cycle_settings()

    def cycle_settings(self) -> CycleSettings:
        """Return the settings of every candidate; raise PipelineError for an invalid chunk size."""
        if self.chunk_rows is None:
            return CycleSettings()
        largest = max(self.chunk_rows, CycleSettings.max_chunk_size)
        return CycleSettings(
            target_chunk_size=self.chunk_rows,
            max_chunk_size=largest,
            # Every key has at least one row, so the limit of keys never applies.
            max_keys_per_chunk=largest,
        )

    def plan_config(self) -> dict[str, int]:
        """Return the run config of a plan with the same chunks."""
        settings = asdict(self.cycle_settings())
        return {name: settings[name] for name in _CHUNKING}
