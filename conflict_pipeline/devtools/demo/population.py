"""The ordinary agencies, aides, patients and payers of the sample."""

from dataclasses import dataclass
from decimal import Decimal
from random import Random

from conflict_pipeline.devtools.demo import agencies
from conflict_pipeline.devtools.demo.directory import Directory
from conflict_pipeline.devtools.demo.entities import Aide, Billing, Patient, Provider, Row
from conflict_pipeline.devtools.demo.people import FIRST_NAMES, LAST_NAMES
from conflict_pipeline.devtools.demo.places import REGIONS, STREETS, TOWNS, Town, far_towns

# Far enough that nobody gets there in a few minutes, near enough that a speed band is found.
FAR_MILES = (12.0, 70.0)
_ADDRESS_JITTER_DEGREES = 0.018
_GPS_JITTER_DEGREES = 0.0008
_GPS_TEXTS = 5
_MOST_SSNS = 100 * 49 * 9999


@dataclass(frozen=True)
class Population:
    """`by_town` and `by_region` hold the same patients; `far` the towns that are a drive away."""

    providers: list[Provider]
    aides: list[Aide]
    by_town: dict[Town, list[Patient]]
    by_region: list[list[Patient]]
    far: dict[Town, list[Town]]
    billings: list[Billing]
    users: list[Row]


def populate(directory: Directory, rng: Random, visits: int) -> Population:
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
        users=[_user(directory, rng, number) for number in range(1, 41)],
    )


def ssn(number: int) -> str:
    """Nine digits of the range that is never issued: 9, and a group that no tax number has either."""
    rest, serial = divmod(number * 48_271 % _MOST_SSNS, 9999)
    area, group = divmod(rest, 49)
    return f"9{area:02d}{group + 1:02d}{serial + 1:04d}"


def names(rng: Random) -> tuple[str, str]:
    return FIRST_NAMES[int(rng.random() * len(FIRST_NAMES))], LAST_NAMES[int(rng.random() * len(LAST_NAMES))]


def add_patient(
    directory: Directory,
    rng: Random,
    town: Town,
    point: tuple[float, float] | None = None,
    *,
    with_address: bool = True,
    second_address: bool = False,
) -> Patient:
    """A patient of a provider and of a payer, at `point` or within about two miles of the town's centre."""
    number = len(directory.rows["dimpatient"]) // 2 + 1
    own_names = names(rng)
    provider_row = directory.add_patient_row("PT", number, own_names)
    payer_row = directory.add_patient_row("PP", number, own_names)
    latitude, longitude = point or (_jitter(rng, town.latitude), _jitter(rng, town.longitude))
    street = f"{1 + int(rng.random() * 900)} {STREETS[number % len(STREETS)]}"
    if with_address:
        place = (round(latitude, 8), round(longitude, 8))
        kind = agencies.ADDRESS_TYPES[number % len(agencies.ADDRESS_TYPES)]
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


def billing(
    payer: Row | None, contract: Row | None, service: Row | None, rate: str, bill_type: str
) -> Billing:
    """Without a payer or a contract the application's ID of it is 0, as the source system has it."""
    return Billing(
        rate=Decimal(rate),
        fact={
            "Payer Id": payer and payer["Payer Id"],
            "Application Payer Id": payer["Application Payer Id"] if payer else 0,
            "Contract Id": contract and contract["Contract Id"],
            "Application Contract Id": contract["Application Contract Id"] if contract else 0,
            "Service Code Id": service and service["Service Code Id"],
            "Application Service Code Id": service and service["Application Service Code Id"],
            "Bill Type": bill_type,
            "Bill Rate Non-Billed": Decimal(rate) - Decimal("1.25"),
        },
        before={
            "PayerID": payer and payer["Payer Id"],
            "AppPayerID": str(payer["Application Payer Id"]) if payer else "0",
            "Contract": payer and payer["Payer Name"],
            "PayerState": payer and payer["Payer State"],
            "ServiceCodeID": service and service["Service Code Id"],
            "AppServiceCodeID": service and service["Application Service Code Id"],
            "ServiceCode": service and service["Service Code"],
            "RateType": bill_type,
        },
    )


def _patient_before(provider_row: Row, payer_row: Row, town: Town) -> Row:
    # Names and town as an earlier load had them: the update overwrites them.
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
    for index, name in enumerate(agencies.AGENCY_NAMES):
        region = index % REGIONS
        towns = [town for town in TOWNS if town.region == region]
        first = towns[index % len(towns)]
        cities = (first.city, towns[(index + 3) % len(towns)].city)
        kind = agencies.AGENCY_KINDS[index % len(agencies.AGENCY_KINDS)]
        found.append(directory.add_provider(f"{name} {kind}", first.state, region, cities[: 1 + index % 2]))
    return found


def _aide(directory: Directory, rng: Random, providers: list[Provider], number: int) -> Aide:
    region = number % REGIONS
    local = [provider for provider in providers if provider.region == region]
    # Most work for two or three agencies, one in eight for one only.
    employers = rng.sample(local, 1 if number % 8 == 0 else 2 + number % 2)
    own_names, own_ssn = names(rng), ssn(number)
    caregivers = []
    for employer in employers:
        text = f" {own_ssn}  " if rng.random() < 0.05 else own_ssn
        caregivers.append(directory.add_caregiver(own_names, text, employer))
    return Aide(number, region, own_ssn, tuple(caregivers))


def _billings(directory: Directory, rng: Random) -> list[Billing]:
    payers = [
        directory.add_payer(name, ("NY", "PA", "NJ")[index % 3])
        for index, name in enumerate(agencies.PAYER_NAMES)
    ]
    contracts = [directory.add_contract(f"{kind} Agreement") for kind in agencies.CONTRACT_KINDS]
    services = [_service_code(directory, code) for code in agencies.SERVICE_CODES]
    found = []
    for index in range(240):
        # Payer and contract, payer only, contract only.
        with_payer, with_contract = index % 8 != 0, index % 8 in (0, 1, 2)
        found.append(
            billing(
                rng.choice(payers) if with_payer else None,
                rng.choice(contracts) if with_contract else None,
                rng.choice(services),
                rng.choice(agencies.HOURLY_RATES),
                rng.choice(agencies.BILL_TYPES),
            )
        )
    return found


def _service_code(directory: Directory, code: str) -> Row:
    number = directory.next_number("dimservicecode")
    row = {
        "Service Code Id": f"SC{number:05d}",
        "Application Service Code Id": 7_000 + number,
        "Service Code": code,
        "Updated Datatimestamp": directory.updated,
    }
    directory.rows["dimservicecode"].append(row)
    return row


def _user(directory: Directory, rng: Random, number: int) -> Row:
    first, last = names(rng)
    return add_user(directory, f"{first} {last}", f"user{number}@example.com")


def add_user(directory: Directory, fullname: str, email: str) -> Row:
    number = directory.next_number("dimuser")
    row = {
        "User Id": f"US{number:05d}",
        "Application User Id": 9_000 + number,
        "User Fullname": fullname,
        "User Email Address": email,
        "Vendor Id": f"PR{number:05d}",
        "Application Vendor Id": 1_000 + number,
    }
    directory.rows["dimuser"].append(row)
    return row


def _jitter(rng: Random, degrees: float) -> float:
    return degrees + (rng.random() * 2 - 1) * _ADDRESS_JITTER_DEGREES


def _gps(rng: Random, latitude: float, longitude: float) -> str:
    north = latitude + (rng.random() * 2 - 1) * _GPS_JITTER_DEGREES
    east = longitude + (rng.random() * 2 - 1) * _GPS_JITTER_DEGREES
    return f"{north:.6f},{east:.6f}"
