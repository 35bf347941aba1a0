"""Publishing after the regression cases have been run: a version under which one fails needs a reason."""

from __future__ import annotations

from dataclasses import dataclass

from optimizer_app.configs.check import checked
from optimizer_app.configs.errors import FieldsRefused, NoShare
from optimizer_app.configs.values import ConfigValues
from optimizer_app.configs.versions.history import Author
from optimizer_app.configs.versions.publish import publish
from optimizer_app.configs.versions.shares import publish_to_all, publish_to_share
from optimizer_app.models import ConfigVersion, OptimizationConfig, RegressionResult
from optimizer_app.releases.errors import CasesFailed
from optimizer_app.releases.runs import failing, run_cases


@dataclass(frozen=True, slots=True)
class ShareSize:
    """How many per cent of the project's `keys`, or of its `conversations`."""

    by: str
    percent: int


def publish_checked(
    config: OptimizationConfig,
    author: Author,
    values: ConfigValues,
    *,
    base_version: int,
    note: str = "",
    share: ShareSize | None = None,
    anyway: bool = False,
) -> ConfigVersion:
    """The version that all meet from now on, or with `share` some.

    CasesFailed where regression cases fail and it is not to be published `anyway`; FieldsRefused where it is,
    and no note says why. Else refused as `publish` and `publish_to_share` are.
    """
    checked(values.preset, values.fields)
    failed = _failed_cases(config, values, note, anyway=anyway)
    if share is None:
        version = publish(config, author, values, base_version=base_version, note=note)
    else:
        version = publish_to_share(
            config,
            author,
            values,
            by=share.by,
            percent=share.percent,
            base_version=base_version,
            note=note,
        ).version
    return _with_results(version, failed)


def publish_share_checked(
    config: OptimizationConfig, author: Author, *, note: str = "", anyway: bool = False
) -> ConfigVersion:
    """The version of the share for all; refused as `publish_checked` and `publish_to_all` are."""
    share = config.running_share
    if share is None:
        raise NoShare(f"no version of {config} runs on a share")
    values = ConfigValues.of(share.version)
    failed = _failed_cases(config, values, note, anyway=anyway)
    version = publish_to_all(config, author)
    if failed:
        version.note = "; to all: ".join(filter(None, (version.note, note)))[:500]
    return _with_results(version, failed)


def _failed_cases(config: OptimizationConfig, values: ConfigValues, note: str, *, anyway: bool) -> int:
    failed = failing(run_cases(config, values))
    if failed and not anyway:
        raise CasesFailed(failed)
    if failed and not note.strip():
        raise FieldsRefused({"note": "must say why it is published although cases fail"})
    return len(failed)


def _with_results(version: ConfigVersion, failed: int) -> ConfigVersion:
    """The version that was published: the results before it were those of its cases."""
    RegressionResult.objects.filter(config=version.config_id, version=None).update(version=version.number)
    if failed:
        version.failed_cases = failed
        version.save(update_fields=["failed_cases", "note"])
    return version
