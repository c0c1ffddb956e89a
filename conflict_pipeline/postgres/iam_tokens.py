"""IAM authentication to RDS: a token, made on this machine, in the place of a password."""

from functools import cache
from typing import Any

from conflict_pipeline.errors import PipelineError


def new_token(host: str, port: int, user: str) -> str:
    """A password for one new connection; the server takes it for 15 minutes.

    With the region and the credentials that AWS's own settings name; raises PipelineError without them.
    """
    # A third of a second, which those without IAM would pay.
    from botocore.exceptions import BotoCoreError, NoRegionError  # noqa: PLC0415

    try:
        token: str = _client().generate_db_auth_token(DBHostname=host, Port=port, DBUsername=user)
    except NoRegionError:
        raise PipelineError("POSTGRES_IAM_AUTHENTICATION needs a region. Set AWS_DEFAULT_REGION.") from None
    except BotoCoreError as error:
        raise PipelineError(
            f"POSTGRES_IAM_AUTHENTICATION: no credentials of AWS to sign with ({type(error).__name__}). Give "
            "the task a role, or set AWS_PROFILE."
        ) from None
    return token


@cache
def _client() -> Any:
    """It renews credentials that expire by itself, and may be shared by threads."""
    import boto3  # noqa: PLC0415

    return boto3.Session().client("rds")
