"""Uploads of HTML reports and lists of differences to S3 (REPORT_S3_PREFIX)."""

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
    """S3 did not accept a file."""


def upload(files: Mapping[str, bytes], prefix: str) -> str:
    """Upload the files, by name, below `prefix` (s3://bucket/folder), in their order; return the prefix.

    Uses the credentials and the region of the AWS environment, and the encryption of the bucket. Raises
    UploadError; files uploaded before the error stay.
    """
    # Imported here because it takes a fifth of a second.
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
        raise UploadError(f"S3 reports {aws_error_code(error)} (REPORT_S3_PREFIX is {prefix}).") from None
    return prefix


def aws_error_code(error: BotoCoreError | ClientError) -> str:
    """Return AWS's code, such as AccessDenied, or the class of an error raised on this machine; no value."""
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else type(error).__name__
