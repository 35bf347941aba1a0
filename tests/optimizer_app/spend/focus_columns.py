"""The columns of FOCUS 1.2 that an export of ours has, by the specification's pages of columns
(FinOps-Open-Cost-and-Usage-Spec/FOCUS_Spec, `specification/columns/`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any


def is_text(value: Any) -> bool:
    return isinstance(value, str) and value == value.strip() != ""


def is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and Decimal(value).is_finite()


def is_time(value: Any) -> bool:
    """A moment of UTC, to the second."""
    moment = datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") == value


def is_currency(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 3 and value.isalpha() and value.isupper()


def is_key_values(value: Any) -> bool:
    """An object in JSON whose values are plain."""
    found = json.loads(value)
    return isinstance(found, dict) and not any(isinstance(each, dict | list) for each in found.values())


@dataclass(frozen=True, slots=True)
class Column:
    """`allowed` values; none: all that `holds` is true of. `is_mandatory` in every file."""

    holds: Callable[[Any], bool]
    is_mandatory: bool = True
    may_be_null: bool = False
    allowed: frozenset[str] = frozenset()


_CATEGORY = Column(is_text, allowed=frozenset({"Usage", "Purchase", "Tax", "Credit", "Adjustment"}))
_FREQUENCY = frozenset({"One-Time", "Recurring", "Usage-Based"})
_PRICING = frozenset({"Standard", "Dynamic", "Committed", "Other"})
_SUBCATEGORIES = frozenset(
    {
        "AI Platforms",
        "Bots",
        "Generative AI",
        "Machine Learning",
        "Natural Language Processing",
        "Other (AI and Machine Learning)",
    }
)
_OPTIONAL_TEXT = Column(is_text, is_mandatory=False, may_be_null=True)
FOCUS: Mapping[str, Column] = {
    "BilledCost": Column(is_number),
    "BillingAccountId": Column(is_text),
    "BillingAccountName": Column(is_text, may_be_null=True),
    "BillingAccountType": Column(is_text, is_mandatory=False),
    "BillingCurrency": Column(is_currency),
    "BillingPeriodEnd": Column(is_time),
    "BillingPeriodStart": Column(is_time),
    "ChargeCategory": _CATEGORY,
    "ChargeClass": Column(is_text, may_be_null=True, allowed=frozenset({"Correction"})),
    "ChargeDescription": Column(is_text, may_be_null=True),
    "ChargeFrequency": Column(is_text, is_mandatory=False, allowed=_FREQUENCY),
    "ChargePeriodEnd": Column(is_time),
    "ChargePeriodStart": Column(is_time),
    "ConsumedQuantity": Column(is_number, is_mandatory=False),
    "ConsumedUnit": Column(is_text, is_mandatory=False),
    "ContractedCost": Column(is_number),
    "ContractedUnitPrice": Column(is_number, is_mandatory=False),
    "EffectiveCost": Column(is_number),
    "InvoiceId": _OPTIONAL_TEXT,
    "InvoiceIssuerName": Column(is_text),
    "ListCost": Column(is_number),
    "ListUnitPrice": Column(is_number, is_mandatory=False),
    "PricingCategory": Column(is_text, is_mandatory=False, allowed=_PRICING),
    "PricingCurrency": Column(is_currency, is_mandatory=False),
    "PricingQuantity": Column(is_number),
    "PricingUnit": Column(is_text),
    "ProviderName": Column(is_text),
    "PublisherName": Column(is_text),
    "ResourceId": _OPTIONAL_TEXT,
    "ResourceName": _OPTIONAL_TEXT,
    "ResourceType": _OPTIONAL_TEXT,
    "ServiceCategory": Column(is_text, allowed=frozenset({"AI and Machine Learning"})),
    "ServiceName": Column(is_text),
    "ServiceSubcategory": Column(is_text, is_mandatory=False, allowed=_SUBCATEGORIES),
    "SkuId": Column(is_text, is_mandatory=False),
    "SkuMeter": Column(is_text, is_mandatory=False),
    "SkuPriceDetails": Column(is_key_values, is_mandatory=False),
    "SkuPriceId": Column(is_text, is_mandatory=False),
    "SubAccountId": _OPTIONAL_TEXT,
    "SubAccountName": _OPTIONAL_TEXT,
    "SubAccountType": _OPTIONAL_TEXT,
    "Tags": Column(is_key_values, is_mandatory=False),
}


def faults(row: Mapping[str, Any]) -> list[str]:
    """What the specification does not allow in a row."""
    wrong = [
        f"{name} is missing" for name, column in FOCUS.items() if column.is_mandatory and name not in row
    ]
    for name, value in row.items():
        column = FOCUS.get(name)
        if column is None:
            wrong += [] if name.startswith("x_") else [f"{name} is no column"]
        elif value is None:
            wrong += [] if column.may_be_null else [f"{name} is null"]
        elif not column.holds(value) or (column.allowed and value not in column.allowed):
            wrong.append(f"{name} is {value!r}")
    return wrong
