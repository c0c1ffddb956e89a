"""What AWS's clients say of a request that failed."""

from botocore.exceptions import BotoCoreError, ClientError


def code(error: BotoCoreError | ClientError) -> str:
    """AWS's own code such as AccessDenied; of what never got there, the class. Neither holds a value."""
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else type(error).__name__
