"""What answers over HTTP have to be."""

from typing import Any

import httpx


def good(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def bad(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert said["status"] == status
    assert said["id"] == answer.headers["x-request-id"]
    assert "\n" not in said["detail"]
    return str(said["detail"])
