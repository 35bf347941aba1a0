"""Bills in the columns of FOCUS, the FinOps Open Cost and Usage Specification, version 1.2.

One row for each day, project, key, set of tags, provider, model and kind of token. What requests would have
cost without us, and what was saved, is no charge: it stands in columns of ours, whose names begin with `x_`,
on one row of each group of kinds.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from optimizer_app.models import ApiKey, Project
from optimizer_app.rollups.reading import Selection, Stretch, sums
from optimizer_app.rollups.spans import DAY
from optimizer_app.rollups.spend import SPEND
from optimizer_app.rollups.tags import TAGGED

_MILLION = 1_000_000
_GROUP = ("bucket", "project_id", "api_key_id", "tag", "tags", "provider", "model")
_SAVINGS = ("requests", "without_us_usd", "gross_usd", "breakpoints_usd", "read_back_usd", "net_usd")
_DESCRIPTIONS = {
    "input": "Input tokens",
    "cache_read": "Input tokens read from the cache",
    "cache_write": "Input tokens written to the cache",
    "cache_write_1h": "Input tokens written to the cache for an hour",
    "output": "Output tokens",
}
COLUMNS = (
    "BilledCost", "BillingAccountId", "BillingAccountName", "BillingAccountType", "BillingCurrency",
    "BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeDescription",
    "ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart", "ConsumedQuantity", "ConsumedUnit",
    "ContractedCost", "ContractedUnitPrice", "EffectiveCost", "InvoiceId", "InvoiceIssuerName", "ListCost",
    "ListUnitPrice", "PricingCategory", "PricingCurrency", "PricingQuantity", "PricingUnit", "ProviderName",
    "PublisherName", "ResourceId", "ResourceName", "ResourceType", "ServiceCategory", "ServiceName",
    "ServiceSubcategory", "SkuId", "SkuMeter", "SkuPriceDetails", "SkuPriceId", "SubAccountId",
    "SubAccountName", "SubAccountType", "Tags", "x_Requests", "x_CostWithoutUs", "x_GrossSavings",
    "x_BreakpointSavings", "x_ReadBackCost", "x_NetSavings",
)  # fmt: skip
_OWN = dict(zip(COLUMNS[-len(_SAVINGS) :], _SAVINGS, strict=True))

Row = Mapping[str, Any]


def focus_rows(selection: Selection, stretch: Stretch) -> Iterator[Sequence[Any]]:
    """The values of `COLUMNS`, row by row; None where FOCUS has null."""
    days = Stretch(stretch.start, stretch.end, DAY)
    savings = {_group(row): row for row in sums(selection, days, _GROUP, _SAVINGS, TAGGED)}
    lines = sums(selection, days, (*_GROUP, "kind"), ("tokens", "usd"), SPEND)
    projects = dict(Project.objects.in_bulk(selection.project_ids))
    keys = ApiKey.objects.in_bulk({row["api_key_id"] for row in lines if row["api_key_id"]})
    order = list(_DESCRIPTIONS)
    charged = [row for row in lines if row["kind"] in _DESCRIPTIONS]
    for row in sorted(charged, key=lambda row: (*map(str, _group(row)), order.index(row["kind"]))):
        # Once for each group: the first of its rows takes it.
        saved = savings.pop(_group(row), None)
        columns = _charge(row, projects) | _sub_account(row, keys) | _own_columns(saved)
        yield [columns[name] for name in COLUMNS]


def _group(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in _GROUP)


def _charge(row: Row, projects: Mapping[uuid.UUID, Project]) -> dict[str, Any]:
    usd, tokens, start = row["usd"], row["tokens"], row["bucket"]
    unit_price = usd / tokens * _MILLION if tokens else Decimal(0)
    project = projects[row["project_id"]]
    sku = f"{row['model']}/{row['kind']}"
    provider = row["provider"]
    return {
        **dict.fromkeys(("BilledCost", "ContractedCost", "EffectiveCost", "ListCost"), usd),
        "BillingAccountId": str(project.pk),
        "BillingAccountName": project.name,
        "BillingAccountType": "Project",
        **dict.fromkeys(("BillingCurrency", "PricingCurrency"), "USD"),
        "BillingPeriodStart": _time(_month(start)),
        "BillingPeriodEnd": _time(_month(_month(start) + timedelta(days=32))),
        "ChargeCategory": "Usage",
        "ChargeClass": None,
        "ChargeDescription": f"{_DESCRIPTIONS[row['kind']]} of {row['model']}",
        "ChargeFrequency": "Usage-Based",
        "ChargePeriodStart": _time(start),
        "ChargePeriodEnd": _time(start + DAY),
        "ConsumedQuantity": tokens,
        "ConsumedUnit": "Tokens",
        **dict.fromkeys(("ContractedUnitPrice", "ListUnitPrice"), round(unit_price, 9)),
        "PricingCategory": "Standard",
        "PricingQuantity": Decimal(tokens) / _MILLION,
        "PricingUnit": "1000000 Tokens",
        # Providers tell it of no single request.
        "InvoiceId": None,
        **dict.fromkeys(("InvoiceIssuerName", "ProviderName", "PublisherName"), provider),
        "ResourceId": row["model"],
        "ResourceName": row["model"],
        "ResourceType": "Model",
        "ServiceCategory": "AI and Machine Learning",
        "ServiceName": provider,
        "ServiceSubcategory": "Generative AI",
        "SkuId": sku,
        "SkuMeter": _DESCRIPTIONS[row["kind"]],
        "SkuPriceDetails": json.dumps({"x_TokenKind": row["kind"]}),
        "SkuPriceId": f"{sku}/standard",
        "Tags": json.dumps(
            ({"tag": row["tag"]} if row["tag"] else {}) | json.loads(row["tags"]), sort_keys=True
        ),
    }


def _sub_account(row: Row, keys: Mapping[uuid.UUID, ApiKey]) -> dict[str, Any]:
    pk = row["api_key_id"]
    key = keys.get(pk)
    return {
        "SubAccountId": str(pk) if pk else None,
        "SubAccountName": key.name if key else None,
        "SubAccountType": "API key" if pk else None,
    }


def _own_columns(saved: Row | None) -> dict[str, Any]:
    return {name: None if saved is None else saved[measure] for name, measure in _OWN.items()}


def _month(moment: datetime) -> datetime:
    return moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
