"""IAM authentication to RDS: a token, made on this machine, takes the place of a password."""

from functools import cache
from typing import Any

from conflict_pipeline.errors import PipelineError


def new_token(host: str, port: int, user: str) -> str:
    """Return a password for one new connection, which the server accepts for 15 minutes.

    Uses the region and the credentials of AWS's own settings; raises PipelineError without them.
    """
    # Importing botocore takes a third of a second, which only users of IAM should pay.
    from botocore.exceptions import BotoCoreError, NoRegionError  # noqa: PLC0415

    try:
        token: str = _client().generate_db_auth_token(DBHostname=host, Port=port, DBUsername=user)
    except NoRegionError:
        raise PipelineError("POSTGRES_IAM_AUTHENTICATION needs a region. Set AWS_DEFAULT_REGION.") from None
    except BotoCoreError as error:
        raise PipelineError(
            f"POSTGRES_IAM_AUTHENTICATION needs AWS credentials ({type(error).__name__}). Give the task "
            "a role, or set AWS_PROFILE."
        ) from None
    return token


@cache
def _client() -> Any:
    # It renews expiring credentials itself, and threads may share it.
    import boto3  # noqa: PLC0415

    return boto3.Session().client("rds")
