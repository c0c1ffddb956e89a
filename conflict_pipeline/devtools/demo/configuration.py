"""Settings, speed bands, reminders, load status, and facts that no rule reads."""

from dataclasses import dataclass
from decimal import Decimal

from conflict_pipeline.devtools.demo.days import Calendar
from conflict_pipeline.devtools.demo.directory import Directory
from conflict_pipeline.devtools.demo.entities import Row

# From, To, miles per hour. Bands touch; the last one ends before it begins, so that the check of the
# bands warns.
SPEED_BANDS = (
    (0, 5, 15),
    (5, 10, 25),
    (10, 25, 30),
    (25, 50, 45),
    (50, 100, 55),
    (100, 250, 60),
    (300, 250, 60),
)
_PAYERS_PER_PROVIDER = 4


@dataclass(frozen=True)
class ReminderChanges:
    """What the step reminders must do."""

    inserted: int
    refreshed: int


def add_configuration(directory: Directory, calendar: Calendar) -> None:
    """Add the tables that administrators keep, except for the exclusions (awkward.py)."""
    directory.rows["settings"].append(
        {
            "ID": 1,
            "ExtraDistance": 0,
            "ExtraDistancePer": Decimal("1.2"),
            "NORESPONSELIMITTIME": 14,
            "InProgressFlag": 2,
            "LastLoadDate": calendar.day(-1).at(5 * 3600),
        }
    )
    directory.rows["mph"].extend(
        {
            "ID": number,
            "RECORDEDDATETIME": calendar.day(-700).at(0),
            "TYPE": "Drive",
            "From": band[0],
            "To": band[1],
            "AverageMilesPerHour": band[2],
        }
        for number, band in enumerate(SPEED_BANDS, start=1)
    )


def add_reminders(directory: Directory, calendar: Calendar) -> ReminderChanges:
    """Add links of payers and providers, and reminders that are up to date, outdated or missing."""
    links = directory.rows["dimpayerprovider"]
    payers, providers = directory.rows["dimpayer"], directory.rows["dimprovider"]
    created = calendar.day(-200).at(9 * 3600)
    inserted = refreshed = 0
    for provider_index, provider in enumerate(providers):
        for step in range(_PAYERS_PER_PROVIDER):
            payer = payers[(provider_index * 3 + step * 5) % len(payers)]
            links.append(_link(payer, provider))
            reminder = _reminder(payer, provider, created)
            case = (provider_index + step) % 8
            if case in (0, 1, 2):
                inserted += 1
                continue
            if case == 3:
                reminder["Contract"] = f"{reminder['Contract']} (old)"
                refreshed += 1
            elif case == 4:
                reminder["ProviderName"] = None
                refreshed += 1
            elif case == 5:
                reminder["NumberOfDays"] = 30
            directory.rows["payer_provider_reminders"].append({**reminder, "ID": _next(directory)})
    # A link to an unknown payer, one to an unknown provider, and a reminder without a link.
    unknown = {"Payer Id": "PY99999", "Application Payer Id": 5_999, "Payer Name": "Closed Plan"}
    links.append(_link(unknown, providers[0]))
    links.append(_link(payers[0], {"Provider Id": "PR99999", "Application Provider Id": 1_999}))
    stray = _reminder(unknown, providers[1], created)
    directory.rows["payer_provider_reminders"].append({**stray, "ID": _next(directory)})
    return ReminderChanges(inserted, refreshed)


def add_other_facts(directory: Directory, calendar: Calendar) -> None:
    """Add a few rows to each table that no step of a cycle reads yet."""
    aides = directory.rows["dimcaregiver"][:20]
    offices, users = directory.rows["dimoffice"], directory.rows["dimuser"]
    for number, aide in enumerate(aides, start=1):
        day = calendar.day(-number * 9)
        directory.rows["factcaregiverabsence"].append(
            {
                "Caregiver Vacation Id": number,
                "Environment": "demo",
                "Global Caregiver Id": aide["Caregiver Id"],
                "Start Date": day.at(0),
                "End Date": calendar.day(day.offset + number % 5).at(0),
                "Updated Datatimestamp": day.updated,
            }
        )
        directory.rows["factcaregiverinservice"].append(
            {
                "Application Caregiver Inservice Id": number,
                "Environment": "demo",
                "Caregiver Id": aide["Caregiver Id"],
                "Inservice start date": day.at_utc(9 * 3600),
                "Inservice end date": day.at_utc(13 * 3600),
                "Updated Datatimestamp": day.updated,
            }
        )
    directory.rows["dimuseroffices"].extend(
        {"User Id": user["User Id"], "Office Id": offices[index % len(offices)]["Office Id"]}
        for index, user in enumerate(users)
    )
    for offset, status in ((-2, "success"), (-1, "failed"), (0, "success")):
        directory.rows["factdatarefreshstatus"].append(
            {
                "MODULE": "Conflict Report",
                "STATUS": status,
                "REFRESH_FINISHED_AT": calendar.day(offset).at(5 * 3600),
            }
        )
    directory.rows["factdatarefreshstatus"].append(
        {"MODULE": "Billing", "STATUS": "success", "REFRESH_FINISHED_AT": calendar.day(0).at(4 * 3600)}
    )


def _link(payer: Row, provider: Row) -> Row:
    names = ("Payer Id", "Application Payer Id")
    return {
        **{name: payer[name] for name in names},
        "Provider Id": provider["Provider Id"],
        "Application Provider Id": provider["Application Provider Id"],
    }


def _reminder(payer: Row, provider: Row, created: object) -> Row:
    """Return the row as the step reminders inserts it, with the provider's name cut to 100 characters."""
    return {
        "PayerID": payer["Payer Id"],
        "AppPayerID": str(payer["Application Payer Id"]),
        "Contract": payer["Payer Name"],
        "ProviderID": provider["Provider Id"],
        "AppProviderID": str(provider["Application Provider Id"]),
        "ProviderName": provider["Provider Name"][:100],
        "CreatedDateTime": created,
        "NumberOfDays": None,
    }


def _next(directory: Directory) -> int:
    return directory.next_number("payer_provider_reminders")
