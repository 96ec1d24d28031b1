"""The calls that the platform makes to a Label Studio instance."""

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

from annotation.label_studio.errors import Refused, Unreachable
from annotation.label_studio.records import RemoteTask, read_ids, read_tasks
from annotation.label_studio.transport import Json, Transport, is_personal_token
from annotation.links import WEBHOOK_SECRET_HEADER

IMPORT_LIMIT = 500
# Fifty route ids make a query of about 8 kB, which is what proxies commonly take for a URL.
LOOKUP_LIMIT = 50
PAGE_SIZE = 200
IMPORT_SECONDS = 60.0
WEBHOOK_ACTIONS = (
    "ANNOTATION_CREATED",
    "ANNOTATION_UPDATED",
    "ANNOTATIONS_DELETED",
    "TASKS_DELETED",
)


@dataclass(frozen=True)
class RemoteProject:
    """A project as the server lists it."""

    id: int
    title: str
    label_config: str


class LabelStudio:
    """One instance, spoken to with one token; use it as a context manager.

    Every method raises Unreachable, Unauthorised or Refused (annotation.label_studio.errors).
    """

    def __init__(
        self,
        *,
        base_url: str,
        token: str,
        timeout: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._call = Transport(base_url=base_url, token=token, timeout=timeout, transport=transport)
        self.token = token

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._call.close()

    # -- the instance ----------------------------------------------------------------------

    def read_version(self) -> str:
        """The server's release, e.g. "1.23.2"; also the cheapest proof that the token works."""
        # /api/version answers anybody, so ask who we are first.
        self._call.request("GET", "/api/current-user/whoami")
        answer = self._call.request("GET", "/api/version")
        if not isinstance(answer, dict) or not isinstance(answer.get("release"), str):
            raise Unreachable("the version answered something else")
        return str(answer["release"])[:40]

    def lasting_token(self) -> str:
        """Exchange a legacy token for a personal one, which any annotator's click cannot turn off.

        The server hands a personal token out once. When one exists already (409) and this platform
        no longer holds it, the legacy token is all there is, and is returned.
        """
        if is_personal_token(self.token):
            return self.token
        try:
            answer = self._call.request("POST", "/api/token/", body={})
        except Refused as error:
            if error.status == 409:
                return self.token
            raise
        token = answer.get("token") if isinstance(answer, dict) else None
        if not isinstance(token, str) or not is_personal_token(token):
            raise Unreachable("the token call answered something else than a token")
        return token

    # -- projects --------------------------------------------------------------------------

    def check_config(self, config: str) -> None:
        """Have the server validate a labelling configuration; a bad one raises Refused(400)."""
        self._call.request("POST", "/api/projects/validate", body={"label_config": config})

    def find_project(self, title: str) -> RemoteProject | None:
        """The oldest project with exactly this title, or None."""
        page = 1
        while True:
            params: dict[str, str | int] = {"page": page, "page_size": 100, "ordering": "id"}
            try:
                answer = self._call.request("GET", "/api/projects", params=params)
            except Refused as error:
                if error.status == 404 and page > 1:
                    return None
                raise
            rows = answer.get("results") if isinstance(answer, dict) else None
            if not isinstance(rows, list):
                raise Unreachable("the project list answered something else")
            for row in rows:
                if isinstance(row, dict) and row.get("title") == title:
                    return _project(row)
            if len(rows) < 100:
                return None
            page += 1

    def create_project(self, *, title: str, config: str) -> RemoteProject:
        """Make a project for one answer a task; the title must have 3 to 50 characters."""
        body = {
            "title": title,
            "label_config": config,
            "maximum_annotations": 1,
            "enable_empty_annotation": False,
            "show_collab_predictions": False,
            "sampling": "Sequential sampling",
            # A skipped task is routed again by the platform; Label Studio must not hand it on too.
            "skip_queue": "IGNORE_SKIPPED",
        }
        return _project(self._call.request("POST", "/api/projects", body=body))

    # -- tasks -----------------------------------------------------------------------------

    def import_tasks(self, project_id: int, tasks: Sequence[Mapping[str, str]]) -> list[int]:
        """Send at most IMPORT_LIMIT tasks in one request; return their ids in the same order.

        All or nothing: Refused means that none was written. After Unreachable look the tasks up
        (find_tasks) before sending them again, for the server knows no uniqueness.
        """
        if not 0 < len(tasks) <= IMPORT_LIMIT:
            raise ValueError(f"1 to {IMPORT_LIMIT} tasks a request")
        answer = self._call.request(
            "POST",
            f"/api/projects/{project_id}/import",
            params={"return_task_ids": "true"},
            body=[{"data": dict(task)} for task in tasks],
            timeout=IMPORT_SECONDS,
        )
        return read_ids(answer, len(tasks))

    def find_tasks(self, project_id: int, routes: Iterable[uuid.UUID]) -> list[RemoteTask]:
        """Every task (doubles too) of these routes, looked up LOOKUP_LIMIT routes a query."""
        wanted, found = list(routes), []
        for start in range(0, len(wanted), LOOKUP_LIMIT):
            items = [
                _filter("tasks:data.route_id", "equal", "String", str(route))
                for route in wanted[start : start + LOOKUP_LIMIT]
            ]
            query = {"filters": {"conjunction": "or", "items": items}, "ordering": ["tasks:id"]}
            page = 1
            while rows := self._page(project_id, query, page):
                found += rows
                if len(rows) < PAGE_SIZE:
                    break
                page += 1
        known = set(wanted)
        return [task for task in found if task.route_id in known]

    def changed_tasks(self, project_id: int, since: dt.datetime) -> Iterator[list[RemoteTask]]:
        """Pages of tasks changed at or after `since`, oldest change first; one may come twice.

        A row that changes while the list is read moves to its end, and everything behind it moves
        one place up: counting pages would jump over a row at each border. So every page starts
        anew at the latest instant seen, and pages are counted only through rows of one instant.
        """
        page = 1
        while True:
            stamp = since.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            item = _filter("tasks:updated_at", "greater_or_equal", "Datetime", stamp)
            query = {
                "filters": {"conjunction": "and", "items": [item]},
                "ordering": ["tasks:updated_at"],
            }
            rows = self._page(project_id, query, page)
            if rows:
                yield rows
            if len(rows) < PAGE_SIZE:
                return
            latest = max(task.updated_at for task in rows)
            if latest > since:
                since, page = latest, 1
            else:
                page += 1

    def delete_task(self, task_id: int) -> None:
        """Delete one task and its annotations; one that is gone already is a success."""
        try:
            self._call.request("DELETE", f"/api/tasks/{task_id}/")
        except Refused as error:
            if error.status != 404:
                raise

    def _page(self, project_id: int, query: Json, page: int) -> list[RemoteTask]:
        params: dict[str, str | int] = {
            "project": project_id,
            "page": page,
            "page_size": PAGE_SIZE,
            "fields": "all",
            "query": json.dumps(query, separators=(",", ":")),
        }
        try:
            return read_tasks(self._call.request("GET", "/api/tasks", params=params))
        except Refused as error:
            # A page past the end is 404. A project that is gone is 404 as well, on its first page.
            if error.status == 404 and page > 1:
                return []
            raise

    # -- webhooks --------------------------------------------------------------------------

    def ensure_webhook(self, project_id: int, *, url: str, secret: str) -> None:
        """Have the server poke `url` at every change of an annotation, without any payload.

        Idempotent by URL. Refused(403) or Unauthorised(403) means that the URL lies in a network
        which the server's SSRF protection bans; polling works without it.
        """
        wanted = {
            "url": url,
            "project": project_id,
            "send_payload": False,
            "send_for_all_actions": False,
            "headers": {WEBHOOK_SECRET_HEADER: secret},
            "actions": list(WEBHOOK_ACTIONS),
            "is_active": True,
        }
        rows = self._call.request("GET", "/api/webhooks/", params={"project": project_id})
        if not isinstance(rows, list):
            raise Unreachable("the webhook list answered something else")
        mine = [row for row in rows if isinstance(row, dict) and row.get("url") == url]
        if not mine:
            self._call.request("POST", "/api/webhooks/", body=wanted)
        elif any(mine[0].get(name) != value for name, value in wanted.items() if name != "actions"):
            self._call.request("PATCH", f"/api/webhooks/{int(mine[0]['id'])}/", body=wanted)

    def read_invite(self) -> str:
        """The organization's invite token: reusable, and a secret."""
        answer = self._call.request("GET", "/api/invite")
        token = answer.get("token") if isinstance(answer, dict) else None
        if not isinstance(token, str) or not token:
            raise Unreachable("the invite answered something else")
        return token


def _filter(name: str, operator: str, kind: str, value: str) -> dict[str, str]:
    return {"filter": f"filter:{name}", "operator": operator, "type": kind, "value": value}


def _project(row: Any) -> RemoteProject:
    # Error bodies carry an `id` as well (a string), so its type is looked at.
    if not isinstance(row, dict) or not isinstance(row.get("id"), int):
        raise Unreachable("the project answered something else")
    return RemoteProject(
        id=row["id"],
        title=str(row.get("title", "")),
        label_config=str(row.get("label_config", "")),
    )
