"""A config as a JSON file, to keep it elsewhere or to take it to another project."""

from __future__ import annotations

import json

from optimizer_app.configs.check import checked
from optimizer_app.configs.errors import FileRefused
from optimizer_app.configs.values import ConfigValues

FORMAT = "token-optimizer-config/1"
MAX_FILE_BYTES = 1024**2


def exported(name: str, values: ConfigValues) -> str:
    """The file's text."""
    content = {"format": FORMAT, "name": name, "preset": values.preset, "fields": dict(values.fields)}
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def imported(data: bytes) -> ConfigValues:
    """What the file sets. FileRefused for another kind of file, FieldsRefused for unusable values."""
    if len(data) > MAX_FILE_BYTES:
        raise FileRefused(f"it is larger than {MAX_FILE_BYTES // 1024**2} MB")
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise FileRefused("it is no JSON") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise FileRefused(f"it is no exported config: its format is not {FORMAT}")
    fields = content.get("fields")
    if not isinstance(fields, dict):
        raise FileRefused("its fields are no object")
    return checked(content.get("preset"), fields)
