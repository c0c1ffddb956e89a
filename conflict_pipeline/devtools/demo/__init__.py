"""The synthetic sample data of `conflict-pipeline demo` and of the tests."""
