import pytest


@pytest.fixture(autouse=True)
def _no_other_benchmark(server_lock: None) -> None:
    """Tests list the benchmark's databases of the server, and drop leftovers."""
