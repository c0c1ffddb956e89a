"""Files that people read, in S3 as well (REPORT_S3_PREFIX)."""

from collections.abc import Mapping
from pathlib import PurePosixPath

from botocore.exceptions import BotoCoreError, ClientError

from conflict_pipeline.errors import PipelineError

_CONTENT_TYPES = {
    ".csv": "text/csv; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".parquet": "application/vnd.apache.parquet",
}


class UploadError(PipelineError):
    """S3 did not take a file."""


def upload(files: Mapping[str, bytes], prefix: str) -> str:
    """Put the files, by name, below `prefix` (s3://bucket/folder), in their order; returns the prefix.

    With the credentials and the region that AWS's own settings name, and the encryption that the bucket has.
    Raises UploadError; what was there before is then replaced in part.
    """
    # A fifth of a second, which everybody else would pay.
    import boto3  # noqa: PLC0415

    prefix = prefix.rstrip("/")
    bucket, _, folder = prefix.removeprefix("s3://").partition("/")
    try:
        client = boto3.Session().client("s3")
        for name, content in files.items():
            client.put_object(
                Bucket=bucket,
                Key=f"{folder}/{name}" if folder else name,
                Body=content,
                ContentType=_CONTENT_TYPES[PurePosixPath(name).suffix],
            )
    except (BotoCoreError, ClientError) as error:
        raise UploadError(f"S3 says {aws_error_code(error)} (REPORT_S3_PREFIX leads to {prefix}).") from None
    return prefix


def aws_error_code(error: BotoCoreError | ClientError) -> str:
    """AWS's code, such as AccessDenied, or the class of an error that never reached AWS; no data value."""
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else type(error).__name__
