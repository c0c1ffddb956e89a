from datetime import timedelta

import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import DAY, SSN, pair
from conflict_pipeline_tests.sql.report.prepared import both_ways, figure


def one_aide(session: Session) -> None:
    who = {"CaregiverID": "c1", "ConCaregiverID": "c2", "ProviderID": "p1", "ConProviderID": "p2"}
    amounts = {"TotalBilledAmount": 10, "ConTotalBilledAmount": 10}
    both_ways(session, 1, "v1", "v2", **who, **amounts, AideName="Name of the Aide")
    both_ways(session, 3, "v1", "v3", **who, **amounts, AideName="Name of the Aide")


def test_an_aide_is_one_ssn_with_an_id_at_each_provider(scratch: Session) -> None:
    one_aide(scratch)
    both_ways(scratch, 5, "v4", "v5", SSN="900000002", VisitDate=DAY + timedelta(days=1), CaregiverID="c9")

    first, second = figure(scratch, "aides")

    assert first == {
        "rank": 1, "caregiver_id": "c1", "caregiver_ids": 2, "providers": 2, "pairs": 2, "days": 1,
        "visits": 3, "amount": 30, "aide_name": None,
    }  # fmt: skip
    assert (second["caregiver_id"], second["pairs"]) == ("c9", 1)


@pytest.mark.parametrize(("shows_names", "name"), [(False, None), (True, "Name of the Aide")])
def test_a_name_is_there_only_if_it_may_be_and_the_ssn_never(
    scratch: Session, shows_names: bool, name: str | None
) -> None:
    one_aide(scratch)

    (found,) = figure(scratch, "aides", shows_names=shows_names)

    assert found["aide_name"] == name
    assert SSN not in str(found)


def test_rows_without_an_ssn_are_of_nobody_and_only_the_first_are_listed(scratch: Session) -> None:
    one_aide(scratch)
    pair(scratch, 5, VisitID="v6", ConVisitID="v7", SSN=None)
    pair(scratch, 6, VisitID="v8", ConVisitID="v9", SSN="900000002")

    assert len(figure(scratch, "aides", aides=1)) == 1
