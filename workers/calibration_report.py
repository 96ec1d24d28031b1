"""What `calibrate` prints: tables of how well rules part labelled clips, in Markdown."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from backend.quality.calibration import (
    GOOD,
    LabelledClip,
    LabelReport,
    RocPoint,
    RuleReport,
    report_labels,
    report_rule,
)
from backend.quality.profile import Rule, Where

# A curve is told at these shares of good clips; `--roc` writes every point.
_TOLD_AT: Final = (0.0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)


def tell_clips(clips: Sequence[LabelledClip]) -> str:
    """Return what there is to calibrate with."""
    labels = Counter(clip.label for clip in clips)
    told = ", ".join(f"{count} {label}" for label, count in sorted(labels.items()))
    speakers = len({clip.speaker for clip in clips if clip.speaker})
    return f"{len(clips)} clips of {speakers} named speakers: {told}"


def tell_rules(rules: Iterable[Rule], clips: Sequence[LabelledClip]) -> list[str]:
    """Return a table with a row for each rule of the server, and its curve in another."""
    reports = [report_rule(rule, clips) for rule in rules if Where.SERVER in rule.where]
    rows = [
        "| code | rule | severity | for | good | false alarms | bad | recall | AUC |",
        "|---|---|---|---|---|---|---|---|---|",
        *(_rule_row(report) for report in reports),
        "",
        "Recall at the threshold that fires on at most this share of the good clips:",
        "",
        f"| code | measure | for | {' | '.join(f'{share:.1%}' for share in _TOLD_AT)} |",
        f"|---|---|---|{'---|' * len(_TOLD_AT)}",
    ]
    seen = set()
    for report in reports:
        curve = (report.rule.code, report.rule.measure, report.rule.op, report.rule.kinds)
        if report.good and report.bad and report.points and curve not in seen:
            rows.append(_curve_row(report))
        seen.add(curve)
    return rows


def tell_labels(rules: Sequence[Rule], clips: Sequence[LabelledClip]) -> list[str]:
    """Return a table of what the whole profile says of each label's clips."""
    return [
        "| label | clips | pass | review | reject | with this code |",
        "|---|---|---|---|---|---|",
        *(_label_row(report) for report in report_labels(rules, clips)),
    ]


def tell_profile(rules: Iterable[Rule]) -> str:
    """Return the rules as JSON, one a line."""
    lines = (json.dumps(_plain(rule.as_dict())) for rule in rules)
    return "[\n  " + ",\n  ".join(lines) + "\n]"


def roc_rows(rules: Iterable[Rule], clips: Sequence[LabelledClip]) -> Iterable[dict[str, Any]]:
    """Yield every point of every rule's curve, for a CSV file."""
    for rule in rules:
        report = report_rule(rule, clips)
        for point in report.points:
            yield {
                "code": rule.code,
                "measure": rule.measure,
                "op": rule.op.value,
                "kinds": " ".join(rule.kinds),
                "against": report.against,
                "threshold": point.threshold,
                "false_alarms": point.false_alarms,
                "recall": point.recall,
            }


def _plain(document: dict[str, Any]) -> dict[str, Any]:
    """Write 12 and not 12.0."""
    threshold = document["threshold"]
    whole = threshold == int(threshold)
    return document | ({"threshold": int(threshold)} if whole else {})


def _rule_row(report: RuleReport) -> str:
    rule = report.rule
    bad = f"{report.bad} {report.against}" if report.bad else ""
    cells = (
        rule.code,
        f"{rule.measure} {rule.op} {rule.threshold:g}",
        rule.severity.value,
        " ".join(rule.kinds) or "all",
        str(report.good),
        _share(report.false_alarms),
        bad,
        _share(report.recall),
        "" if report.auc is None else f"{report.auc:.3f}",
    )
    return f"| {' | '.join(cells)} |"


def _curve_row(report: RuleReport) -> str:
    rule = report.rule
    cells = [rule.code, f"{rule.measure} {rule.op}", " ".join(rule.kinds) or "all"]
    for most in _TOLD_AT:
        best = _best_within(report.points, most)
        cells.append("–" if best is None else f"{best.recall:.2f} at {best.threshold:.4g}")
    return f"| {' | '.join(cells)} |"


def _best_within(points: Sequence[RocPoint], most: float) -> RocPoint | None:
    """Return the laxest point that fires on at most this share of the good clips."""
    allowed = [point for point in points if point.false_alarms <= most]
    return allowed[-1] if allowed else None


def _label_row(report: LabelReport) -> str:
    shares = (report.passed, report.review, report.reject)
    named = "" if report.label == GOOD else f"{report.named:.3f}"
    told = " | ".join(f"{share:.3f}" for share in shares)
    return f"| {report.label} | {report.clips} | {told} | {named} |"


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.3f}"
