"""The business rules in plain Python, row by row: what the SQL of the steps is checked against.

Written from the specification and independent of sql/steps. Where a rule leaves a choice open, the choice
made here is stated beside it. `expected_after_cycle` is the step redetect alone, `expected_after_whole_cycle`
a night with the update of event rows, new rows, numbers and parents.
"""

from conflict_pipeline_tests.reference.cycle import NOW, Expected, expected_after_cycle
from conflict_pipeline_tests.reference.detection import DetectionSettings
from conflict_pipeline_tests.reference.whole_cycle import Outcome, expected_after_whole_cycle

__all__ = [
    "NOW",
    "DetectionSettings",
    "Expected",
    "Outcome",
    "expected_after_cycle",
    "expected_after_whole_cycle",
]
