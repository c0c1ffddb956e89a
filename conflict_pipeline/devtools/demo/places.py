"""Real towns by region, with their coordinates; invented streets; distances."""

import math
from dataclasses import dataclass

_EARTH_RADIUS_METERS = 6_371_000
_METERS_PER_MILE = 1609.34


@dataclass(frozen=True)
class Town:
    region: int
    city: str
    county: str
    state: str
    zip_code: str
    latitude: float
    longitude: float


_REGIONS: tuple[tuple[tuple[str, str, str, str, float, float], ...], ...] = (
    (
        ("Brooklyn", "Kings", "NY", "11201", 40.6943, -73.9903),
        ("Jamaica", "Queens", "NY", "11432", 40.7156, -73.7936),
        ("Bronx", "Bronx", "NY", "10451", 40.8195, -73.9224),
        ("New York", "New York", "NY", "10025", 40.7987, -73.9682),
        ("Staten Island", "Richmond", "NY", "10301", 40.6316, -74.0927),
        ("Yonkers", "Westchester", "NY", "10701", 40.9400, -73.8880),
        ("Hempstead", "Nassau", "NY", "11550", 40.7062, -73.6187),
        ("Huntington", "Suffolk", "NY", "11743", 40.8682, -73.4257),
        ("Patchogue", "Suffolk", "NY", "11772", 40.7657, -73.0151),
    ),
    (
        ("Poughkeepsie", "Dutchess", "NY", "12601", 41.7004, -73.9210),
        ("Newburgh", "Orange", "NY", "12550", 41.5034, -74.0104),
        ("Kingston", "Ulster", "NY", "12401", 41.9270, -73.9974),
        ("White Plains", "Westchester", "NY", "10601", 41.0340, -73.7629),
        ("Peekskill", "Westchester", "NY", "10566", 41.2901, -73.9204),
        ("Middletown", "Orange", "NY", "10940", 41.4459, -74.4229),
        ("Monticello", "Sullivan", "NY", "12701", 41.6556, -74.6893),
        ("Hudson", "Columbia", "NY", "12534", 42.2529, -73.7910),
    ),
    (
        ("Buffalo", "Erie", "NY", "14202", 42.8864, -78.8784),
        ("Niagara Falls", "Niagara", "NY", "14301", 43.0962, -79.0377),
        ("Rochester", "Monroe", "NY", "14604", 43.1566, -77.6088),
        ("Batavia", "Genesee", "NY", "14020", 42.9981, -78.1875),
        ("Lockport", "Niagara", "NY", "14094", 43.1706, -78.6903),
        ("Geneva", "Ontario", "NY", "14456", 42.8680, -76.9856),
        ("Hamburg", "Erie", "NY", "14075", 42.7159, -78.8295),
        ("Canandaigua", "Ontario", "NY", "14424", 42.8873, -77.2817),
    ),
    (
        ("Newark", "Essex", "NJ", "07102", 40.7357, -74.1724),
        ("Paterson", "Passaic", "NJ", "07505", 40.9168, -74.1718),
        ("Hackensack", "Bergen", "NJ", "07601", 40.8859, -74.0435),
        ("Morristown", "Morris", "NJ", "07960", 40.7968, -74.4815),
        ("Elizabeth", "Union", "NJ", "07201", 40.6640, -74.2107),
        ("New Brunswick", "Middlesex", "NJ", "08901", 40.4862, -74.4518),
        ("Newton", "Sussex", "NJ", "07860", 41.0582, -74.7527),
        ("Toms River", "Ocean", "NJ", "08753", 39.9537, -74.1979),
    ),
    (
        ("Philadelphia", "Philadelphia", "PA", "19107", 39.9526, -75.1652),
        ("Camden", "Camden", "NJ", "08102", 39.9259, -75.1196),
        ("Norristown", "Montgomery", "PA", "19401", 40.1215, -75.3399),
        ("Chester", "Delaware", "PA", "19013", 39.8496, -75.3557),
        ("West Chester", "Chester", "PA", "19380", 39.9607, -75.6055),
        ("Trenton", "Mercer", "NJ", "08608", 40.2171, -74.7429),
        ("Vineland", "Cumberland", "NJ", "08360", 39.4864, -75.0260),
        ("Doylestown", "Bucks", "PA", "18901", 40.3101, -75.1299),
        ("Reading", "Berks", "PA", "19601", 40.3356, -75.9269),
    ),
    (
        ("Pittsburgh", "Allegheny", "PA", "15222", 40.4406, -79.9959),
        ("Greensburg", "Westmoreland", "PA", "15601", 40.3015, -79.5389),
        ("Washington", "Washington", "PA", "15301", 40.1740, -80.2462),
        ("Butler", "Butler", "PA", "16001", 40.8612, -79.8953),
        ("Johnstown", "Cambria", "PA", "15901", 40.3267, -78.9220),
        ("Uniontown", "Fayette", "PA", "15401", 39.9001, -79.7164),
        ("New Castle", "Lawrence", "PA", "16101", 41.0037, -80.3470),
        ("Beaver", "Beaver", "PA", "15009", 40.6953, -80.3048),
    ),
    (
        ("Scranton", "Lackawanna", "PA", "18503", 41.4090, -75.6624),
        ("Wilkes-Barre", "Luzerne", "PA", "18701", 41.2459, -75.8813),
        ("Allentown", "Lehigh", "PA", "18101", 40.6084, -75.4902),
        ("Bethlehem", "Northampton", "PA", "18018", 40.6259, -75.3705),
        ("Easton", "Northampton", "PA", "18042", 40.6884, -75.2207),
        ("Stroudsburg", "Monroe", "PA", "18360", 40.9868, -75.1946),
        ("Hazleton", "Luzerne", "PA", "18201", 40.9584, -75.9746),
        ("Pottsville", "Schuylkill", "PA", "17901", 40.6856, -76.1955),
    ),
)
TOWNS = tuple(Town(region, *town) for region, towns in enumerate(_REGIONS) for town in towns)
REGIONS = len(_REGIONS)

STREETS = (
    "Alder St", "Bayberry Ln", "Canal St", "Chestnut Ave", "Church St", "Clinton Ave", "Division St",
    "Elmwood Ave", "Fairview Rd", "Franklin St", "Garden Pl", "Grand Ave", "Grove St", "Hillcrest Rd",
    "Jefferson Ave", "Lakeview Dr", "Linden Blvd", "Maple Ave", "Mill Rd", "Oak St", "Orchard St",
    "Park Ave", "Pleasant St", "Prospect Pl", "Ridge Rd", "River St", "Spruce St", "Union St", "Walnut St",
    "Willow Ct",
)  # fmt: skip


def _miles_between(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Return the great-circle distance in miles."""
    north, south = math.radians(latitude), math.radians(other_latitude)
    half = math.sin((south - north) / 2) ** 2 + math.cos(north) * math.cos(south) * (
        math.sin(math.radians(other_longitude - longitude) / 2) ** 2
    )
    return 2 * _EARTH_RADIUS_METERS * math.asin(min(1.0, math.sqrt(half))) / _METERS_PER_MILE


def far_towns(town: Town, min_miles: float, max_miles: float) -> list[Town]:
    """Return the towns of the same region whose centers are that far away."""
    return [
        other
        for other in TOWNS
        if other.region == town.region
        and min_miles
        <= _miles_between(town.latitude, town.longitude, other.latitude, other.longitude)
        <= max_miles
    ]
