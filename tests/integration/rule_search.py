"""What Kibana asks Elasticsearch for a rule, and when it then fires: its two rule types, as their source has them.

Kibana drops buckets below the bound by a script in Elasticsearch; here that is done on the answer.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from operator import gt, lt
from typing import Any

from elasticsearch import Elasticsearch

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_COMPARE = {">": gt, "<": lt}
_FORMAT = "strict_date_optional_time"


def fires(elastic: Elasticsearch, body: dict[str, Any], now: datetime) -> dict[str, int]:
    """The groups for which a rule fires at a moment, each with the number that it found."""
    params = body["params"]
    span = timedelta(**{_UNITS[params["timeWindowUnit"]]: params["timeWindowSize"]})
    query = _query if body["rule_type_id"] == ".es-query" else _threshold
    answer = elastic.search(
        index=params["index"], ignore_unavailable=True, allow_no_indices=True, **query(params, now - span, now)
    )
    compare = _COMPARE[params["thresholdComparator"]]
    (bound,) = params["threshold"]
    if params["groupBy"] == "all":
        found = {"all documents": answer["hits"]["total"]["value"]}
    else:
        buckets = answer.get("aggregations", {}).get("groupAgg", {}).get("buckets", [])
        found = {bucket["key"]: _count(bucket) for bucket in buckets}
    return {group: count for group, count in found.items() if compare(count, bound)}


def _query(params: dict[str, Any], start: datetime, end: datetime) -> dict[str, Any]:
    field = params["timeField"]
    asked = json.loads(params["esQuery"])["query"]
    return {
        "query": {"bool": {"filter": [asked, _range(field, start, end)]}},
        "size": params["size"],
        "sort": [{field: {"order": "desc", "format": _FORMAT, "unmapped_type": "date"}}],
        "track_total_hits": True,
        "aggs": {"groupAgg": {"terms": {"field": params["termField"], "size": params["termSize"]}}},
    }


def _threshold(params: dict[str, Any], start: datetime, end: datetime) -> dict[str, Any]:
    field = params["timeField"]
    ranges = [{"from": start.isoformat(), "to": end.isoformat()}]
    dates = {"dateAgg": {"date_range": {"field": field, "format": _FORMAT, "ranges": ranges}}}
    grouped = {"groupAgg": {"terms": {"field": params.get("termField"), "size": params.get("termSize")}, "aggs": dates}}
    return {
        "query": {"bool": {"filter": [_range(field, start, end)]}},
        "size": 0,
        "track_total_hits": True,
        "aggs": grouped if params["groupBy"] == "top" else dates,
    }


def _range(field: str, start: datetime, end: datetime) -> dict[str, Any]:
    return {"range": {field: {"gte": start.isoformat(), "lte": end.isoformat(), "format": _FORMAT}}}


def _count(bucket: dict[str, Any]) -> int:
    if "dateAgg" in bucket:
        return sum(each["doc_count"] for each in bucket["dateAgg"]["buckets"])
    return int(bucket["doc_count"])
