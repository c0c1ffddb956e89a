"""What `conflict-pipeline bench` can be told."""

from dataclasses import asdict, dataclass, field
from pathlib import Path

from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.devtools.demo.sample import SampleSize
from conflict_pipeline.errors import PipelineError

_CHUNKING = ("target_chunk_size", "max_chunk_size", "max_keys_per_chunk")


@dataclass(frozen=True)
class Options:
    """What the command is told.

    `chunk_rows`: rows that a chunk should have; None leaves it to the defaults of a cycle, where the number
    of keys may cut first. `repeat`: so many times, of which each candidate's quickest counts.
    `earlier_chunks`: so many chunks in the manner of the earlier pipeline; 0 measures none.
    """

    size: SampleSize = field(default_factory=lambda: SampleSize(conflict_rows=113_000, visits=432_000))
    chunk_rows: int | None = None
    repeat: int = 1
    earlier_chunks: int = 0
    with_jobs: bool = True
    with_backfill: bool = False
    explain: bool = False
    check: bool = False
    json_file: Path | None = None

    def __post_init__(self) -> None:
        if self.repeat < 1:
            raise PipelineError(f"repeat is {self.repeat}, must be at least 1.")
        if self.earlier_chunks < 0:
            raise PipelineError(f"earlier_chunks is {self.earlier_chunks}, must be at least 0.")
        if self.json_file and not self.json_file.absolute().parent.is_dir():
            raise PipelineError(f"There is no folder {self.json_file.absolute().parent} for the JSON.")
        self.chunk_settings()

    def chunk_settings(self) -> CycleSettings:
        """The same for every candidate; raises PipelineError for a chunk size that is out of range."""
        if self.chunk_rows is None:
            return CycleSettings()
        largest = max(self.chunk_rows, CycleSettings.max_chunk_size)
        return CycleSettings(
            target_chunk_size=self.chunk_rows,
            max_chunk_size=largest,
            # A key has a row at least, so that rows alone decide.
            max_keys_per_chunk=largest,
        )

    def plan_config(self) -> dict[str, int]:
        """Run config of a plan, for the same chunks."""
        settings = asdict(self.chunk_settings())
        return {name: settings[name] for name in _CHUNKING}
