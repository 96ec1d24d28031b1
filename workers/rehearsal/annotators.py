"""The annotators: answer the rehearsal's tasks through Label Studio's own API.

They know what an annotator sees: the prompt and the sound. The true text of a read prompt or a
hot word is the prompt itself; of an answer to a question nobody wrote the words down.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from workers.rehearsal.calls import Network, expect

_PAGE = 100
_AT_ONCE = 4


class Annotators:
    """Some people at one Label Studio, who share what is open; `texts`: what is said, by prompt."""

    def __init__(self, url: str, token: str, texts: Mapping[str, str], network: Network) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Token {token}"}
        self._texts = texts
        self._network = network
        self._answered: set[int] = set()
        self._lock = threading.Lock()
        self.unheard = 0

    def answer_open_tasks(self, on_label: Callable[[], None]) -> int:
        """Answer every open task whose prompt is the rehearsal's; returns how many."""
        tasks = [task for project in self._projects() for task in self._open_tasks(project)]
        with ThreadPoolExecutor(max_workers=_AT_ONCE) as people:
            for _ in people.map(self._answer, tasks):
                on_label()
        return len(tasks)

    def _projects(self) -> list[int]:
        answer = self._network.send("GET", f"{self._url}/api/projects", headers=self._headers)
        return [int(row["id"]) for row in expect("list projects", answer, 200)["results"]]

    def _open_tasks(self, project: int) -> Iterator[dict[str, Any]]:
        """Yield the tasks of a project that nobody has answered and whose prompt is known."""
        query = {
            "filters": {
                "conjunction": "and",
                "items": [
                    {
                        "filter": "filter:tasks:total_annotations",
                        "operator": "equal",
                        "type": "Number",
                        "value": 0,
                    }
                ],
            }
        }
        page = 1
        while True:
            parameters = httpx.QueryParams(
                project=project, page=page, page_size=_PAGE, fields="all", query=json.dumps(query)
            )
            answer = self._network.send(
                "GET", f"{self._url}/api/tasks?{parameters}", headers=self._headers
            )
            # A page past the last is 404.
            if answer.status_code == 404:
                return
            body = expect("list tasks", answer, 200)
            tasks = body["tasks"] if isinstance(body, dict) else body
            for task in tasks:
                known = task["data"].get("prompt_text") in self._texts
                if known and not task.get("annotations") and task["id"] not in self._answered:
                    yield task
            if len(tasks) < _PAGE:
                return
            page += 1

    def _answer(self, task: dict[str, Any]) -> None:
        """Listen, then accept with the text that was said."""
        began = time.monotonic()
        heard = self._network.send("GET", task["data"]["audio"])
        if heard.status_code == 302:
            heard = self._network.send("GET", heard.headers["Location"])
        if heard.status_code != 200 or not heard.content:
            with self._lock:
                self.unheard += 1
        text = self._texts[task["data"]["prompt_text"]]
        result = [
            {
                "from_name": "verdict",
                "to_name": "audio",
                "type": "choices",
                "value": {"choices": ["accept"]},
            },
            {
                "from_name": "transcript",
                "to_name": "audio",
                "type": "textarea",
                "value": {"text": [text]},
            },
        ]
        answer = self._network.send(
            "POST",
            f"{self._url}/api/tasks/{task['id']}/annotations/",
            body={"result": result, "lead_time": round(time.monotonic() - began + 2, 1)},
            headers=self._headers,
        )
        expect("answer a task", answer, 201)
        with self._lock:
            self._answered.add(task["id"])
