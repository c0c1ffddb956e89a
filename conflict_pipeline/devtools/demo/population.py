"""The ordinary agencies, aides, patients and payers of the sample."""

from dataclasses import dataclass
from decimal import Decimal
from random import Random

from conflict_pipeline.devtools.demo import word_lists
from conflict_pipeline.devtools.demo.directory import Directory
from conflict_pipeline.devtools.demo.entities import Aide, Billing, Patient, Provider, Row
from conflict_pipeline.devtools.demo.places import REGIONS, STREETS, TOWNS, Town, far_towns
from conflict_pipeline.devtools.demo.word_lists import FIRST_NAMES, LAST_NAMES

# Too far for a few minutes of travel, and near enough for a speed band to exist.
FAR_MILES = (12.0, 70.0)
_ADDRESS_JITTER_DEGREES = 0.018
_GPS_JITTER_DEGREES = 0.0008
_GPS_TEXTS = 5
_USERS = 40
_BILLINGS = 240
_MAX_SSNS = 100 * 49 * 9999


@dataclass(frozen=True)
class Population:
    """The entities that visits draw from.

    `by_town` and `by_region` hold the same patients. `far` maps a town to the towns within FAR_MILES of it.
    """

    providers: list[Provider]
    aides: list[Aide]
    by_town: dict[Town, list[Patient]]
    by_region: list[list[Patient]]
    far: dict[Town, list[Town]]
    billings: list[Billing]
    users: list[Row]


def populate(directory: Directory, rng: Random, visits: int) -> Population:
    """Add the population to `directory`; the numbers of aides and patients follow the number of `visits`."""
    providers = _providers(directory)
    by_town: dict[Town, list[Patient]] = {town: [] for town in TOWNS}
    by_region: list[list[Patient]] = [[] for _ in range(REGIONS)]
    for index in range(max(4 * len(TOWNS), visits // 150)):
        town = TOWNS[index % len(TOWNS)]
        patient = add_patient(directory, rng, town, second_address=index % 5 == 0)
        by_town[town].append(patient)
        by_region[town.region].append(patient)
    return Population(
        providers=providers,
        aides=[_aide(directory, rng, providers, number) for number in range(1, max(120, visits // 200))],
        by_town=by_town,
        by_region=by_region,
        far={town: far_towns(town, *FAR_MILES) for town in TOWNS},
        billings=_billings(directory, rng),
        users=[directory.add_user(" ".join(random_name(rng))) for _ in range(_USERS)],
    )


def ssn(number: int) -> str:
    """Nine digits that are never issued as an SSN (they begin with 9) nor as an ITIN (group below 50)."""
    rest, serial = divmod(number * 48_271 % _MAX_SSNS, 9999)
    area, group = divmod(rest, 49)
    return f"9{area:02d}{group + 1:02d}{serial + 1:04d}"


def random_name(rng: Random) -> tuple[str, str]:
    """A first and a last name."""
    return FIRST_NAMES[int(rng.random() * len(FIRST_NAMES))], LAST_NAMES[int(rng.random() * len(LAST_NAMES))]


def add_patient(
    directory: Directory,
    rng: Random,
    town: Town,
    *,
    second_address: bool = False,
) -> Patient:
    """A patient of a provider and of a payer, within about two miles of the town's center."""
    number = len(directory.rows["dimpatient"]) // 2 + 1
    name = random_name(rng)
    provider_row = directory.add_patient_row("PT", number, name)
    payer_row = directory.add_patient_row("PP", number, name)
    latitude, longitude = _jitter(rng, town.latitude), _jitter(rng, town.longitude)
    street = f"{1 + int(rng.random() * 900)} {STREETS[number % len(STREETS)]}"
    place = (round(latitude, 8), round(longitude, 8))
    kind = word_lists.ADDRESS_TYPES[number % len(word_lists.ADDRESS_TYPES)]
    directory.add_address(provider_row, town, street, place, **{"Address Type": kind})
    directory.add_address(payer_row, town, street, place)
    if second_address:
        directory.add_address(provider_row, town, street, place, **{"Address Type": "Mailing"})
    roles = {"": provider_row, "Provider ": provider_row, "Payer ": payer_row}
    keys = {f"{role}Patient Id": row["Patient Id"] for role, row in roles.items()}
    application_keys = {
        f"Application {role}Patient Id": row["Application Patient Id"] for role, row in roles.items()
    }
    return Patient(
        number=number,
        latitude=latitude,
        longitude=longitude,
        gps=tuple(_gps(rng, latitude, longitude) for _ in range(_GPS_TEXTS)),
        fact={**keys, **application_keys},
        before=_patient_before(provider_row, payer_row, town),
    )


def _billing(payer: Row | None, contract: Row | None, service: Row, rate: str, bill_type: str) -> Billing:
    """Billing by a payer, a contract or both.

    The application's ID of a missing payer or contract is 0, as in the source system.
    """
    return Billing(
        rate=Decimal(rate),
        fact={
            "Payer Id": payer and payer["Payer Id"],
            "Application Payer Id": payer["Application Payer Id"] if payer else 0,
            "Contract Id": contract and contract["Contract Id"],
            "Application Contract Id": contract["Application Contract Id"] if contract else 0,
            "Service Code Id": service["Service Code Id"],
            "Application Service Code Id": service["Application Service Code Id"],
            "Bill Type": bill_type,
            "Bill Rate Non-Billed": Decimal(rate) - Decimal("1.25"),
        },
        before={
            "PayerID": payer and payer["Payer Id"],
            "AppPayerID": str(payer["Application Payer Id"]) if payer else "0",
            "Contract": payer and payer["Payer Name"],
            "PayerState": payer and payer["Payer State"],
            "ServiceCodeID": service["Service Code Id"],
            "AppServiceCodeID": service["Application Service Code Id"],
            "ServiceCode": service["Service Code"],
            "RateType": bill_type,
        },
    )


def _patient_before(provider_row: Row, payer_row: Row, town: Town) -> Row:
    # The names are outdated, so that the update has something to overwrite.
    old_name = f"{provider_row['Patient Name']}-Old"
    return {
        "PatientID": provider_row["Patient Id"],
        "AppPatientID": provider_row["Application Patient Id"],
        "PName": old_name,
        "PFName": provider_row["Patient Firstname"],
        "PLName": f"{provider_row['Patient Lastname']}-Old",
        "PStatus": "Active",
        "PCity": town.city,
        "PZipCode": town.zip_code,
        "P_PatientID": provider_row["Patient Id"],
        "P_AppPatientID": provider_row["Application Patient Id"],
        "P_PName": old_name,
        "P_PStatus": "Active",
        "PA_PatientID": payer_row["Patient Id"],
        "PA_AppPatientID": payer_row["Application Patient Id"],
        "PA_PName": old_name,
    }


def _providers(directory: Directory) -> list[Provider]:
    found = []
    for index, name in enumerate(word_lists.AGENCY_NAMES):
        region = index % REGIONS
        towns = [town for town in TOWNS if town.region == region]
        first = towns[index % len(towns)]
        cities = (first.city, towns[(index + 3) % len(towns)].city)
        kind = word_lists.AGENCY_KINDS[index % len(word_lists.AGENCY_KINDS)]
        found.append(directory.add_provider(f"{name} {kind}", first.state, region, cities[: 1 + index % 2]))
    return found


def _aide(directory: Directory, rng: Random, providers: list[Provider], number: int) -> Aide:
    region = number % REGIONS
    local = [provider for provider in providers if provider.region == region]
    # Most aides work for two or three agencies; one in eight works for a single one.
    employers = rng.sample(local, 1 if number % 8 == 0 else 2 + number % 2)
    name, own_ssn = random_name(rng), ssn(number)
    caregivers = []
    for employer in employers:
        text = f" {own_ssn}  " if rng.random() < 0.05 else own_ssn
        caregivers.append(directory.add_caregiver(name, text, employer))
    return Aide(number, region, own_ssn, tuple(caregivers))


def _billings(directory: Directory, rng: Random) -> list[Billing]:
    payers = [
        directory.add_payer(name, ("NY", "PA", "NJ")[index % 3])
        for index, name in enumerate(word_lists.PAYER_NAMES)
    ]
    contracts = [directory.add_contract(f"{kind} Agreement") for kind in word_lists.CONTRACT_KINDS]
    services = [directory.add_service_code(code) for code in word_lists.SERVICE_CODES]
    found = []
    for index in range(_BILLINGS):
        with_payer, with_contract = index % 8 != 0, index % 8 in (0, 1, 2)
        found.append(
            _billing(
                rng.choice(payers) if with_payer else None,
                rng.choice(contracts) if with_contract else None,
                rng.choice(services),
                rng.choice(word_lists.HOURLY_RATES),
                rng.choice(word_lists.BILL_TYPES),
            )
        )
    return found


def _jitter(rng: Random, degrees: float) -> float:
    return degrees + (rng.random() * 2 - 1) * _ADDRESS_JITTER_DEGREES


def _gps(rng: Random, latitude: float, longitude: float) -> str:
    north = latitude + (rng.random() * 2 - 1) * _GPS_JITTER_DEGREES
    east = longitude + (rng.random() * 2 - 1) * _GPS_JITTER_DEGREES
    return f"{north:.6f},{east:.6f}"
