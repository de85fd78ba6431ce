// What a caller of a DocsGPT agent does: start a task by the agent's webhook (here by GET), then ask for its state until it has one that is final.
const [base, token, question] = process.argv.slice(2);

const started = await fetch(`${base}/api/webhooks/agents/${token}?${new URLSearchParams({ question })}`);
const { success, task_id } = await started.json();
if (started.status !== 200 || success !== true) throw new Error(`not started: ${started.status}`);

let task;
for (;;) {
  const response = await fetch(`${base}/api/task_status?task_id=${task_id}`);
  // 503 means that no worker answers now; a task goes on.
  if (![200, 503].includes(response.status)) throw new Error(`${response.status}`);
  if (response.status === 200) {
    task = await response.json();
    if (task.status === "SUCCESS" || task.status === "FAILURE") break;
  }
  await new Promise(resolve => setTimeout(resolve, 100));
}
// A result whose own status is another text than success is a failed task to its clients.
if (task.status === "SUCCESS" && task.result.status !== "success") throw new Error(JSON.stringify(task));

const unknown = await (await fetch(`${base}/api/task_status?task_id=${crypto.randomUUID()}`)).json();
if (unknown.status !== "PENDING" || unknown.result !== null) throw new Error(JSON.stringify(unknown));
const posted = await fetch(`${base}/api/webhooks/agents/${token}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: "null" });
const { message } = await posted.json();
if (posted.status !== 400 || message !== "Invalid or missing JSON data in request body") throw new Error(`${posted.status} ${message}`);
console.log(JSON.stringify(task));
