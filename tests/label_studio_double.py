"""A small Label Studio over HTTP, in memory: for the faults that a real one cannot be asked for.

What it answers was taken down from the real server (tests/annotation/test_real_server.py holds the
door to both). It knows no uniqueness either: the same import twice makes two tasks.
"""

import contextlib
import datetime as dt
import http.server
import itertools
import json
import re
import socket
import threading
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Fault:
    """What happens to the next `times` requests that match, `after` doing the work or not."""

    method: str
    path: str
    kind: str
    times: int = 1
    after: bool = False


@dataclass
class LabelStudioDouble:
    """Its contents and its faults; `requests` is everything it was asked, for counting."""

    tasks: dict[int, dict[str, Any]] = field(default_factory=dict)
    projects: dict[int, dict[str, Any]] = field(default_factory=dict)
    webhooks: list[dict[str, Any]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    refused_routes: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self._ids = itertools.count(1)
        self._clock = dt.datetime(2026, 1, 5, 8, 0, tzinfo=dt.UTC)
        self.url = ""

    # -- what a test does to it ------------------------------------------------------------

    def fail(
        self, method: str, path: str, kind: str, *, times: int = 1, after: bool = False
    ) -> None:
        """Arrange a fault: kind is a status ("502", "401"), "cut", "html" or "short"."""
        self.faults.append(Fault(method, path, kind, times, after))

    def answer(
        self, task_id: int, result: Any, *, cancelled: bool = False, by: int = 7, lead: float = 5.0
    ) -> int:
        """Answer a task as an annotator; returns the annotation's id."""
        with self.lock:
            note = {
                "id": next(self._ids),
                "result": result,
                "was_cancelled": cancelled,
                "completed_by": by,
                "lead_time": lead,
                "updated_at": self._tick(),
            }
            self.tasks[task_id]["annotations"].append(note)
            self._touch(task_id)
            return int(note["id"])

    def pass_time(self, span: dt.timedelta) -> None:
        """Move its clock on."""
        with self.lock:
            self._clock += span

    def edit(self, annotation_id: int, result: Any, *, cancelled: bool = False) -> None:
        """Change an answer."""
        with self.lock:
            task_id, note = self._note(annotation_id)
            note.update(result=result, was_cancelled=cancelled, updated_at=self._tick())
            self._touch(task_id)

    def delete_answer(self, annotation_id: int) -> None:
        """Delete an answer: its task changes, its id is gone."""
        with self.lock:
            task_id, note = self._note(annotation_id)
            self.tasks[task_id]["annotations"].remove(note)
            self._touch(task_id)

    def task_of(self, route: uuid.UUID) -> int:
        """The id of a route's only task."""
        (task_id,) = self.tasks_of(route)
        return task_id

    def tasks_of(self, route: uuid.UUID) -> list[int]:
        """All tasks of a route."""
        with self.lock:
            return [k for k, t in self.tasks.items() if t["data"].get("route_id") == str(route)]

    def count(self, method: str, path: str) -> int:
        """How many requests matched."""
        return sum(m == method and re.search(path, p) is not None for m, p in self.requests)

    # -- what it does ----------------------------------------------------------------------

    def handle(self, method: str, path: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        """Do one request; returns (status, JSON)."""
        with self.lock:
            for pattern, verb, function in _CALLS:
                found = re.fullmatch(pattern, path)
                if found and verb == method:
                    answer: tuple[int, Any] = function(
                        self, query, body, *[int(g) for g in found.groups()]
                    )
                    return answer
        return 404, {"id": str(uuid.uuid4()), "status_code": 404, "detail": "Not found."}

    def take_fault(self, method: str, path: str) -> Fault | None:
        """The fault for this request, counted down."""
        with self.lock:
            for fault in self.faults:
                if fault.times > 0 and fault.method == method and re.search(fault.path, path):
                    fault.times -= 1
                    return fault
        return None

    def _tick(self) -> str:
        self._clock += dt.timedelta(milliseconds=10)
        return self._clock.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def _touch(self, task_id: int) -> None:
        self.tasks[task_id]["updated_at"] = self._tick()

    def _note(self, annotation_id: int) -> tuple[int, dict[str, Any]]:
        for task_id, task in self.tasks.items():
            for note in task["annotations"]:
                if note["id"] == annotation_id:
                    return task_id, note
        raise KeyError(annotation_id)

    def _whoami(self, query: dict[str, str], body: Any) -> tuple[int, Any]:
        return 200, {"id": 1, "email": "admin@double.example"}

    def _version(self, query: dict[str, str], body: Any) -> tuple[int, Any]:
        return 200, {"release": "1.23.2-double"}

    def _token(self, query: dict[str, str], body: Any) -> tuple[int, Any]:
        return 409, {"detail": "You already have a valid token."}

    def _validate(self, query: dict[str, str], body: Any) -> tuple[int, Any]:
        return (204, None) if "<Audio" in body["label_config"] else (400, {"label_config": ["bad"]})

    def _list_projects(self, query: dict[str, str], body: Any) -> tuple[int, Any]:
        rows = sorted(self.projects.values(), key=lambda row: int(row["id"]))
        return 200, {"count": len(rows), "results": rows if query.get("page") == "1" else []}

    def _create_project(self, query: dict[str, str], body: Any) -> tuple[int, Any]:
        row = {**body, "id": next(self._ids)}
        self.projects[row["id"]] = row
        return 201, row

    def _import(self, query: dict[str, str], body: Any, project: int) -> tuple[int, Any]:
        if project not in self.projects:
            return 404, {"detail": "Not found."}
        if any(one["data"].get("route_id") in self.refused_routes for one in body):
            return 400, {
                "detail": "Validation error",
                "validation_errors": {"non_field_errors": []},
            }
        ids = []
        for one in body:
            task_id = next(self._ids)
            ids.append(task_id)
            self.tasks[task_id] = {
                "id": task_id,
                "project": project,
                "data": one["data"],
                "annotations": [],
                "updated_at": self._tick(),
            }
        return 201, {"task_count": len(ids), "task_ids": ids}

    def _list_tasks(self, query: dict[str, str], body: Any) -> tuple[int, Any]:
        asked = json.loads(query["query"])
        joined = any if asked["filters"]["conjunction"] == "or" else all
        rows = [
            task
            for task in self.tasks.values()
            if task["project"] == int(query["project"])
            and joined(_holds(task, item) for item in asked["filters"]["items"])
        ]
        key = asked["ordering"][0].removeprefix("tasks:")
        rows.sort(key=lambda task: task[key])
        page, size = int(query["page"]), int(query["page_size"])
        part = rows[(page - 1) * size : page * size]
        if not part and page > 1:
            return 404, {"detail": "Invalid page."}
        return 200, {"total": len(rows), "tasks": part}

    def _delete_task(self, query: dict[str, str], body: Any, task: int) -> tuple[int, Any]:
        return (204, None) if self.tasks.pop(task, None) else (404, {"detail": "Not found."})

    def _list_webhooks(self, query: dict[str, str], body: Any) -> tuple[int, Any]:
        return 200, self.webhooks

    def _create_webhook(self, query: dict[str, str], body: Any) -> tuple[int, Any]:
        self.webhooks.append({**body, "id": next(self._ids)})
        return 201, self.webhooks[-1]


_CALLS: list[tuple[str, str, Any]] = [
    (r"/api/current-user/whoami", "GET", LabelStudioDouble._whoami),
    (r"/api/version", "GET", LabelStudioDouble._version),
    (r"/api/token/", "POST", LabelStudioDouble._token),
    (r"/api/projects/validate", "POST", LabelStudioDouble._validate),
    (r"/api/projects", "GET", LabelStudioDouble._list_projects),
    (r"/api/projects", "POST", LabelStudioDouble._create_project),
    (r"/api/projects/(\d+)/import", "POST", LabelStudioDouble._import),
    (r"/api/tasks", "GET", LabelStudioDouble._list_tasks),
    (r"/api/tasks/(\d+)/", "DELETE", LabelStudioDouble._delete_task),
    (r"/api/webhooks/", "GET", LabelStudioDouble._list_webhooks),
    (r"/api/webhooks/", "POST", LabelStudioDouble._create_webhook),
]


def _holds(task: dict[str, Any], item: dict[str, str]) -> bool:
    name = item["filter"].removeprefix("filter:tasks:")
    if name == "data.route_id":
        return bool(task["data"].get("route_id") == item["value"])
    if name == "updated_at" and item["operator"] == "greater_or_equal":
        return bool(task["updated_at"] >= item["value"])
    raise ValueError(f"the double knows no filter {item}")


class _Handler(http.server.BaseHTTPRequestHandler):
    double: LabelStudioDouble

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def _do(self) -> None:
        url = urlsplit(self.path)
        self.double.requests.append((self.command, url.path))
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if self.headers.get("Authorization") != f"Token {TOKEN}":
            self._reply(401, {"detail": "Invalid token."})
            return
        fault = self.double.take_fault(self.command, url.path)
        if fault is None:
            self._reply(*self.double.handle(self.command, url.path, query, body))
            return
        if fault.after:
            self.double.handle(self.command, url.path, query, body)
        if fault.kind == "cut":
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        elif fault.kind == "html":
            self._send(200, "text/html", b"<html>Sign in to the proxy</html>")
        elif fault.kind == "short":
            self._reply(201, {"task_ids": [1]})
        else:
            self._reply(int(fault.kind), {"detail": "a fault"})

    do_GET = do_POST = do_DELETE = do_PATCH = _do  # noqa: N815 - names the base class looks for

    def _reply(self, status: int, answer: Any) -> None:
        content = b"" if answer is None else json.dumps(answer).encode()
        self._send(status, "application/json", content)

    def _send(self, status: int, kind: str, content: bytes) -> None:
        with contextlib.suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)


@contextlib.contextmanager
def running_double() -> Any:
    """Run one on a free loopback port for the block."""
    double = LabelStudioDouble()
    handler = type("Handler", (_Handler,), {"double": double})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    double.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield double
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
