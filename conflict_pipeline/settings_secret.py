"""Settings from one secret of AWS's Secrets Manager, a JSON object: names as in .env, each with its value."""

import json
import re
from collections.abc import Iterable
from typing import Any

from conflict_pipeline.errors import PipelineError

# What a name or an ARN is made of.
_ID = re.compile(r"[A-Za-z0-9/_+=.@:-]{1,2048}")
_MENDED_BY = {
    "ResourceNotFoundException": "there is none of that name in this account and region",
    "AccessDeniedException": (
        "whoever runs this may not read it: allow secretsmanager:GetSecretValue, and kms:Decrypt where it "
        "has a key of its own"
    ),
}


def read(secret_id: str, names: Iterable[str]) -> dict[str, str]:
    """The settings in the secret, by name in lower case; those without a value are left out.

    With the region and the credentials that AWS's own settings name. Raises PipelineError, without any value,
    for a secret that cannot be read, is no such object, or holds another name than `names` (in lower case).
    """
    if not _ID.fullmatch(secret_id):
        raise PipelineError("SETTINGS_SECRET_ID is not the name or the ARN of a secret.")
    content = _parse(secret_id, _fetch(secret_id))
    unknown = sorted(set(content) - {name.upper() for name in names})
    if unknown:
        raise PipelineError(_fault(secret_id, f"it holds {', '.join(unknown)}, no setting of .env.example"))
    nested = sorted(name for name, value in content.items() if isinstance(value, dict | list))
    if nested:
        raise PipelineError(_fault(secret_id, f"its {', '.join(nested)} is not one text"))
    # As empty variables of the environment are as good as none.
    return {name.lower(): _text(value) for name, value in content.items() if value not in (None, "")}


def _fetch(secret_id: str) -> str:
    # Half a second, which those without a secret would pay.
    import boto3  # noqa: PLC0415
    from botocore.exceptions import (  # noqa: PLC0415
        BotoCoreError,
        ClientError,
        NoCredentialsError,
        NoRegionError,
    )

    try:
        answer = boto3.Session().client("secretsmanager").get_secret_value(SecretId=secret_id)
    except NoRegionError:
        raise PipelineError(_fault(secret_id, "no region is named. Set AWS_DEFAULT_REGION")) from None
    except NoCredentialsError:
        hint = "there are no credentials of AWS. Give the task a role, or set AWS_PROFILE"
        raise PipelineError(_fault(secret_id, hint)) from None
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise PipelineError(_fault(secret_id, _MENDED_BY.get(code, f"AWS says {code}"))) from None
    except BotoCoreError as error:
        raise PipelineError(_fault(secret_id, f"AWS cannot be asked ({type(error).__name__})")) from None
    text: str = answer.get("SecretString", "")
    return text


def _parse(secret_id: str, text: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise PipelineError(_fault(secret_id, 'it is not a JSON object such as {"POSTGRES_PASSWORD": "..."}'))
    return content


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _fault(secret_id: str, text: str) -> str:
    return f"SETTINGS_SECRET_ID, secret {secret_id}: {text}."
