"""What ``oom-ingest setup --kibana`` does: boards and what they need in one import, then each alert rule by itself.

Boards are ours and are replaced. Rules are tuned by those they wake: one that was changed in Kibana is left alone, and
what a rule tells, and whether it is enabled, is never taken away.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Protocol

from ingest import assets
from ingest.kibana import saved
from ingest.kibana.actions import Connector, ConnectorType
from ingest.kibana.bundle import FILE
from ingest.kibana.ids import rule_id
from ingest.kibana.rules import RULES, body, update, with_critical
from ingest.kibana.saved import OLDEST_KIBANA, embedded
from ingest.kibana.tenant import for_prefix
from ingest.kibana.told import State, Told
from ingest.ports import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ingest.kibana.rules import Rule

_SHIPPED = "shipped-"
"""Begins the tag that tells which parameters of a rule we wrote last."""

_TUNED = (
    "index", "timeField", "timeWindowSize", "timeWindowUnit", "thresholdComparator", "threshold", "aggType", "groupBy",
    "termField", "termSize", "esQuery",
)  # fmt: skip
"""What may be tuned in a rule. Kibana adds defaults of its own to the rest."""


class Api(Protocol):
    """What is needed of Kibana; see ``adapters.kibana``."""

    def version(self) -> str | None:
        """Its version, where it tells."""

    def check_space(self) -> None:
        """Raises ``Refused`` where the space does not exist."""

    def import_objects(self, ndjson: str) -> list[Told]:
        """Import a file."""

    def rule(self, rule_id: str) -> dict[str, Any] | None:
        """A rule as it is."""

    def create_rule(self, rule_id: str, body: Mapping[str, Any]) -> None:
        """Make a rule."""

    def update_rule(self, rule_id: str, body: Mapping[str, Any]) -> None:
        """Change a rule."""

    def connector_type(self, connector_id: str) -> str:
        """The kind of a connector."""


def check(kibana: Api) -> None:
    """Raises ``Unavailable`` or ``Refused`` with one sentence where nothing can be installed there."""
    version = kibana.version()
    if version and _number(version) < _number(OLDEST_KIBANA):
        raise Refused(f"Kibana is {version}; boards and rules need {OLDEST_KIBANA} or newer")
    kibana.check_space()


def objects(prefix: str) -> str:
    """The file to import, for a prefix."""
    text = (assets.dashboards() / FILE).read_text(encoding="utf-8")
    return saved.ndjson(for_prefix(saved.read(text), prefix))


def install_objects(kibana: Api, prefix: str) -> list[Told]:
    """Import boards, searches, data views and the tag. Raises ``Unavailable`` or ``Refused``."""
    return kibana.import_objects(objects(prefix))


def connectors(kibana: Api, ids: Sequence[str]) -> list[Connector]:
    """The connectors that rules are to tell. Raises ``Refused`` for one that is not there, or of no kind we know."""
    found = []
    for each in ids:
        kind = kibana.connector_type(each)
        if kind not in tuple(ConnectorType):
            known = ", ".join(ConnectorType)
            raise Refused(f"connector {each!r} is a {kind}; we have texts for {known}: add others in Kibana by hand")
        found.append(Connector(each, ConnectorType(kind)))
    return found


def install_rules(
    kibana: Api, prefix: str, space: str, critical: Sequence[str], tell: Sequence[Connector]
) -> list[Told]:
    """Create or bring up to date each rule; one that fails stops no other. Raises ``Unavailable``."""
    chosen = with_critical(RULES, critical) if critical else RULES
    return [_install_rule(kibana, rule, rule_id(rule.name, space, prefix), prefix, tell) for rule in chosen]


def missing_rules(kibana: Api, prefix: str, space: str) -> list[str]:
    """The names of shipped rules that are not there. Raises ``Unavailable`` or ``Refused``."""
    return [rule.name for rule in RULES if kibana.rule(rule_id(rule.name, space, prefix)) is None]


def _install_rule(kibana: Api, rule: Rule, id_: str, prefix: str, tell: Sequence[Connector]) -> Told:
    ours = body(rule, prefix, tell)
    ours["tags"] = [*ours["tags"], _SHIPPED + _digest(ours["params"])]
    try:
        state, reason = _write(kibana, id_, ours)
    except Refused as error:
        state, reason = State.FAILED, str(error)
    return Told("rule", id_, ours["name"], state, reason)


def _write(kibana: Api, id_: str, ours: dict[str, Any]) -> tuple[State, str]:
    theirs = kibana.rule(id_)
    if theirs is None:
        kibana.create_rule(id_, ours)
        return State.CREATED, ""
    if _SHIPPED + _digest(theirs["params"]) not in theirs.get("tags", []):
        return State.KEPT, "somebody has changed it in Kibana; delete it there to have ours again"
    told = {action["id"] for action in theirs.get("actions", [])}
    more = [action for action in ours["actions"] if action["id"] not in told]
    if not more and theirs["name"] == ours["name"] and _digest(theirs["params"]) == _digest(ours["params"]):
        return State.UNCHANGED, ""
    foreign = [tag for tag in theirs["tags"] if tag not in ours["tags"] and not tag.startswith(_SHIPPED)]
    actions = [*map(_writable, theirs.get("actions", [])), *more]
    kibana.update_rule(id_, update(ours | {"actions": actions, "tags": [*ours["tags"], *foreign]}))
    return State.REPLACED, ""


def _writable(action: Mapping[str, Any]) -> dict[str, Any]:
    """An action as it may be sent back: Kibana adds its kind to what it tells."""
    return {name: value for name, value in action.items() if name != "connector_type_id"}


def _digest(params: Mapping[str, Any]) -> str:
    tuned = {key: params[key] for key in _TUNED if key in params}
    return hashlib.sha256(embedded(tuned).encode()).hexdigest()[:12]


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("-", maxsplit=1)[0].split(".") if part.isdigit())
