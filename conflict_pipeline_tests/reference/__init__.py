"""The business rules in plain Python, row by row: what the SQL of Task 02 is checked against.

Written from the specification and independent of sql/task_02. Where a rule leaves a choice open, the
choice made here is stated beside it.
"""

from conflict_pipeline_tests.reference.cycle import NOW, Expected, expected_after_cycle

__all__ = ["NOW", "Expected", "expected_after_cycle"]
