"""What a caller of a DocsGPT agent does: start a task by the agent's webhook, then ask for its state until it has one that is final."""
import json
import sys
import time
import urllib.error
import urllib.request

base, token, question, key = sys.argv[1:5]


def call(method, path, payload=None, headers=None):
    body = None if payload is None else json.dumps(payload).encode()
    request = urllib.request.Request(base + path, data=body, method=method, headers={"Content-Type": "application/json", **(headers or {})})
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


def start(payload):
    status, answer = call("POST", f"/api/webhooks/agents/{token}", payload, {"Idempotency-Key": key})
    assert status == 200 and answer["success"] is True, (status, answer)
    return answer["task_id"]


task_id = start({"question": question})
assert start({"question": "another one"}) == task_id, "the same key is the same task"

seen = []
while True:
    status, task = call("GET", f"/api/task_status?task_id={task_id}")
    # 503 means that no worker answers now; a task goes on.
    if status != 503:
        assert status == 200, (status, task)
        if not seen or seen[-1] != task["status"]:
            seen.append(task["status"])
        if task["status"] in ("SUCCESS", "FAILURE"):
            break
        assert task["result"] is None or isinstance(task["result"], dict), task
    time.sleep(0.1)

assert set(seen) <= {"PENDING", "STARTED", "SUCCESS", "FAILURE"}, seen
refused, answer = call("POST", "/api/webhooks/agents/no-such-agent", {})
assert refused == 404 and answer == {"success": False, "message": "Agent not found"}, answer
print(json.dumps({"status": task["status"], "result": task["result"]}, ensure_ascii=False))
