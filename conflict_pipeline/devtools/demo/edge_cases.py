"""All awkward inputs of docs/rules.md, each as a few pairs whose outcome is known."""

from random import Random

from conflict_pipeline.devtools.demo.days import Calendar
from conflict_pipeline.devtools.demo.directory import Directory
from conflict_pipeline.devtools.demo.edge_distances import add_distance_cases
from conflict_pipeline.devtools.demo.edge_gps import add_address_cases, add_gps_cases
from conflict_pipeline.devtools.demo.edge_people import add_people_cases
from conflict_pipeline.devtools.demo.edge_rows import add_row_cases
from conflict_pipeline.devtools.demo.edge_times import add_time_cases
from conflict_pipeline.devtools.demo.edge_values import add_value_cases
from conflict_pipeline.devtools.demo.pairs import Cluster
from conflict_pipeline.devtools.demo.population import Population
from conflict_pipeline.devtools.demo.scene import Scene
from conflict_pipeline.devtools.demo.visits import Visits


def edge_cases(
    directory: Directory,
    population: Population,
    calendar: Calendar,
    visits: Visits,
    rng: Random,
    conflict_rows: int,
) -> list[Cluster]:
    """The clusters; adds to `directory` whoever they need. Only the large key grows with `conflict_rows`."""
    scene = Scene(directory, population, calendar, visits, rng)
    add_time_cases(scene)
    add_distance_cases(scene)
    add_gps_cases(scene)
    add_address_cases(scene)
    add_people_cases(scene)
    add_value_cases(scene)
    add_row_cases(scene, conflict_rows)
    return scene.clusters
