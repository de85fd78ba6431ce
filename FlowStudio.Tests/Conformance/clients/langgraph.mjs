// Walks through all that the LangGraph SDK's clients do, against a server, and says what it saw as JSON lines. What must hold is checked here and there:
// a step that fails ends the process.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { client, collect, fails, flow, say, sent, slow, texts, until, take } from "./langgraph-kit.mjs";

const steps = {
  async assistants() {
    const found = await client.assistants.search({ graphId: flow });
    assert.equal(found.length, 1);
    const [assistant] = found;
    assert.equal(assistant.graph_id, flow);
    assert.deepEqual(assistant.config, {});
    assert.deepEqual(await client.assistants.get(assistant.assistant_id), assistant);
    assert.deepEqual(await client.assistants.get(flow), assistant);
    assert.equal(await client.assistants.count({ graphId: flow }), 1);
    const graph = await client.assistants.getGraph(flow, { xray: true });
    assert.ok(graph.nodes.some((n) => n.id === "out") && graph.edges.some((e) => e.target === "out"));
    const schemas = await client.assistants.getSchemas(flow);
    assert.ok(schemas.input_schema.properties.messages);
    assert.deepEqual(await client.assistants.getSubgraphs(flow), {});
    assert.equal((await client.assistants.getVersions(assistant.assistant_id)).length, 1);
    await client.assistants.setLatest(assistant.assistant_id, assistant.version);
    await fails(client.assistants.get("00000000-0000-4000-8000-000000000000"), 404);
    await fails(client.assistants.delete(assistant.assistant_id), 409);
    await fails(client.assistants.update(assistant.assistant_id, { name: "other" }), 409);
    await fails(client.assistants.create({ graphId: flow, assistantId: assistant.assistant_id }), 409);
    await client.assistants.create({ graphId: flow, assistantId: assistant.assistant_id, ifExists: "do_nothing" });
  },

  async threads() {
    const made = await client.threads.create({ metadata: { customer: "c-1", deep: { a: 1, b: 2 } } });
    assert.equal(made.status, "idle");
    assert.deepEqual(await client.threads.get(made.thread_id), made);
    await fails(client.threads.create({ threadId: made.thread_id }), 409);
    assert.equal((await client.threads.create({ threadId: made.thread_id, ifExists: "do_nothing" })).thread_id, made.thread_id);
    const changed = await client.threads.update(made.thread_id, { metadata: { more: true } });
    assert.deepEqual(changed.metadata, { customer: "c-1", deep: { a: 1, b: 2 }, more: true });
    assert.deepEqual((await client.threads.search({ metadata: { deep: { b: 2 } } })).map((t) => t.thread_id), [made.thread_id]);
    assert.equal((await client.threads.search({ metadata: { deep: { b: 3 } } })).length, 0);
    assert.deepEqual(Object.keys((await client.threads.search({ ids: [made.thread_id], select: ["thread_id", "status"] }))[0]).sort(), ["status", "thread_id"]);
    if (client.threads.count) assert.equal(await client.threads.count({ metadata: { customer: "c-1" } }), 1);
    assert.deepEqual((await client.threads.getState(made.thread_id)).values, {});
    assert.deepEqual(await client.threads.getHistory(made.thread_id), []);
    const { checkpoint } = await client.threads.updateState(made.thread_id, { values: { ...say("by hand"), tone: "kind" } });
    const state = await client.threads.getState(made.thread_id);
    assert.equal(state.values.tone, "kind");
    assert.deepEqual(texts(state.values), ["human: by hand"]);
    assert.equal(state.checkpoint.checkpoint_id, checkpoint.checkpoint_id);
    assert.deepEqual((await client.threads.getState(made.thread_id, checkpoint.checkpoint_id)).values, state.values);
    assert.deepEqual((await client.threads.getState(made.thread_id, checkpoint)).values, state.values);
    const copy = await client.threads.copy(made.thread_id);
    assert.notEqual(copy.thread_id, made.thread_id);
    assert.deepEqual((await client.threads.getState(copy.thread_id)).values, state.values);
    assert.equal((await client.threads.search({ values: { tone: "kind" } })).length, 2);
    await client.threads.delete(copy.thread_id);
    await client.threads.delete(made.thread_id);
    await fails(client.threads.get(made.thread_id), 404);
    await fails(client.threads.getHistory(made.thread_id), 404);
    await fails(client.threads.copy(made.thread_id), 409);
    await fails(client.threads.get("nonsense"), 422);
  },

  async conversation() {
    const { thread_id } = await client.threads.create();
    const first = await client.runs.wait(thread_id, flow, { input: say("one"), metadata: { tag: "x" } });
    assert.deepEqual(texts(first), ["human: one", "ai: You said: one"]);
    const second = await client.runs.wait(thread_id, flow, { input: say("two") });
    assert.deepEqual(texts(second), ["human: one", "ai: You said: one", "human: two", "ai: You said: two"]);
    assert.equal(new Set(second.messages.map((m) => m.id)).size, 4);
    const thread = await client.threads.get(thread_id);
    assert.equal(thread.status, "idle");
    assert.equal(thread.metadata.graph_id, flow);
    assert.deepEqual(thread.values, second);
    const state = await client.threads.getState(thread_id);
    assert.deepEqual(state.values, second);
    assert.deepEqual(state.next, []);
    const history = await client.threads.getHistory(thread_id, { limit: 100 });
    assert.deepEqual(history[0].values, second);
    assert.ok(history.length >= 6, "an input and the steps of two runs");
    for (let i = 0; i + 1 < history.length; i++) assert.equal(history[i].parent_checkpoint.checkpoint_id, history[i + 1].checkpoint.checkpoint_id);
    const older = await client.threads.getHistory(thread_id, { limit: 2, before: history[1].checkpoint });
    assert.deepEqual(older.map((s) => s.checkpoint.checkpoint_id), history.slice(2, 4).map((s) => s.checkpoint.checkpoint_id));
    const runs = await client.runs.list(thread_id);
    assert.deepEqual(runs.map((r) => r.status), ["success", "success"]);
    assert.equal(runs[1].metadata.tag, "x");
    const run = await client.runs.get(thread_id, runs[0].run_id);
    assert.deepEqual(run.kwargs.input, say("two"));
    assert.deepEqual(await client.runs.join(thread_id, run.run_id), second);
    // From where the first run ended, another way.
    const forked = await client.runs.wait(thread_id, flow, { input: say("three"), checkpointId: history.find((s) => s.values.messages.length === 2).checkpoint.checkpoint_id });
    assert.deepEqual(texts(forked), ["human: one", "ai: You said: one", "human: three", "ai: You said: three"]);
    await client.runs.delete(thread_id, run.run_id);
    await fails(client.runs.get(thread_id, run.run_id), 404);
  },

  async create() {
    const { thread_id } = await client.threads.create();
    let told;
    const run = await client.runs.create(thread_id, flow, { input: say("hello"), onRunCreated: (r) => (told = r) });
    assert.equal(run.status, "pending");
    assert.equal(run.multitask_strategy, "enqueue");
    assert.deepEqual(told, { run_id: run.run_id, thread_id });
    assert.deepEqual(texts(await client.runs.join(thread_id, run.run_id)), ["human: hello", "ai: You said: hello"]);
    const alone = await client.runs.create(null, flow, { input: say("alone") });
    assert.equal(alone.status, "pending");
    const batch = await client.runs.createBatch([1, 2].map((i) => ({ assistantId: flow, input: say(`batch ${i}`) })));
    assert.equal(batch.length, 2);
    const wanted = crypto.randomUUID();
    await fails(client.runs.create(wanted, flow, { input: say("x") }), 404);
    await client.runs.wait(wanted, flow, { input: say("x"), ifNotExists: "create" });
    assert.equal((await client.threads.get(wanted)).status, "idle");
    await fails(client.runs.create(thread_id, "no-such-flow", { input: say("x") }), 422);
    await fails(client.runs.create(thread_id, crypto.randomUUID(), { input: say("x") }), 404);
    await fails(client.runs.create(thread_id, flow, { input: say("x"), webhook: "/relative" }), 422);
    await fails(client.runs.get(thread_id, crypto.randomUUID()), 404);
    assert.deepEqual(texts(await client.runs.wait(null, flow, { input: say("stateless") })), ["human: stateless", "ai: You said: stateless"]);
  },

  async streams() {
    const { thread_id } = await client.threads.create();
    let told;
    const parts = await collect(client.runs.stream(thread_id, flow, { input: say("hello"), streamMode: "values", onRunCreated: (r) => (told = r) }));
    assert.equal(parts[0].event, "metadata");
    assert.equal(parts[0].data.run_id, told.run_id);
    assert.equal(told.thread_id, thread_id);
    assert.equal(parts.at(-1).event, "end");
    const values = parts.filter((p) => p.event === "values").map((p) => texts(p.data));
    assert.deepEqual(values[0], ["human: hello"]);
    assert.deepEqual(values.at(-1), ["human: hello", "ai: You said: hello"]);
    const asked = sent.find((s) => s.url.endsWith("/runs/stream"));
    assert.equal(asked.contentLocation, `/threads/${thread_id}/runs/${told.run_id}`);
    assert.equal(asked.location, `${asked.contentLocation}/stream`);
    assert.ok((await client.runs.get(thread_id, told.run_id)).status === "success");

    const many = await collect(client.runs.stream(thread_id, flow, { input: say("again"), streamMode: ["updates", "messages-tuple", "tasks", "debug", "checkpoints", "events", "custom"] }));
    const names = new Set(many.map((p) => p.event));
    for (const name of ["metadata", "updates", "messages", "tasks", "debug", "checkpoints", "events", "end"]) assert.ok(names.has(name), `${name} is missing among ${[...names]}`);
    assert.ok(!names.has("values"));
    assert.ok(many.some((p) => p.event === "updates" && p.data.out?.messages?.[0].content === "You said: again"));
    const chunks = many.filter((p) => p.event === "messages");
    assert.equal(chunks.map((p) => p.data[0].content).join(""), "You said: again");
    assert.equal(new Set(chunks.map((p) => p.data[0].id)).size, 1);
    assert.ok(chunks[0].data[1].langgraph_node);

    // A model that writes word by word: the pieces have the id that the whole message has in the state.
    const modelled = `${flow}-model`;
    const pieces = (await collect(client.runs.stream(thread_id, modelled, { input: say("stream"), streamMode: "messages-tuple" }))).filter((p) => p.event === "messages");
    assert.ok(pieces.length > 3 && pieces.every((p) => p.data[0].type === "AIMessageChunk" && p.data[1].langgraph_node === "llm"));
    const whole = (await client.threads.getState(thread_id)).values.messages.at(-1);
    assert.equal(pieces.map((p) => p.data[0].content).join(""), whole.content);
    assert.equal(pieces[0].data[0].id, whole.id);
    const old = await collect(client.runs.stream(thread_id, modelled, { input: say("old"), streamMode: ["messages"] }));
    const answer = (await client.threads.getState(thread_id)).values.messages.at(-1);
    assert.ok(old.some((p) => p.event === "messages/metadata" && p.data[answer.id].metadata.langgraph_node === "llm"));
    assert.deepEqual(old.filter((p) => p.event === "messages/partial").at(-1).data, [answer]);
    assert.ok(old.some((p) => p.event === "messages/complete" && p.data.some((m) => m.id === answer.id)));

    const alone = await collect(client.runs.stream(null, flow, { input: say("alone"), streamMode: ["values"] }));
    assert.deepEqual(texts(alone.filter((p) => p.event === "values").at(-1).data), ["human: alone", "ai: You said: alone"]);
  },

  async resume() {
    const { thread_id } = await client.threads.create();
    const run = await client.runs.create(thread_id, flow, { input: say("hello"), streamMode: ["values", "updates", "messages-tuple"], streamResumable: true });
    await client.runs.join(thread_id, run.run_id);
    const all = await collect(client.runs.joinStream(thread_id, run.run_id, { lastEventId: "-1", streamMode: ["values", "updates"] }));
    assert.equal(all[0].event, "metadata");
    assert.equal(all.at(-1).event, "end");
    assert.ok(all.some((p) => p.event === "updates") && !all.some((p) => p.event === "messages"));
    for (let i = 0; i < all.length; i++) {
      const rest = await collect(client.runs.joinStream(thread_id, run.run_id, { lastEventId: all[i].id, streamMode: ["values", "updates"] }));
      assert.deepEqual(rest, all.slice(i + 1), `after ${all[i].id}`);
    }
    // Of what was streamed word by word, and is stored in larger pieces, nothing is told twice and nothing is left out.
    const live = await collect(client.runs.stream(thread_id, `${flow}-model`, { input: say("stream"), streamMode: "messages-tuple" }));
    const text = (parts) => parts.filter((p) => p.event === "messages").map((p) => p.data[0].content).join("");
    for (let i = 0; i < live.length; i += 7) {
      const rest = await collect(client.runs.joinStream(thread_id, live[0].data.run_id, { lastEventId: live[i].id, streamMode: "messages-tuple" }));
      assert.equal(text(live.slice(0, i + 1)) + text(rest), text(live), `after ${live[i].id}`);
    }
    const own = await collect(client.runs.joinStream(thread_id, run.run_id));
    assert.ok(own.some((p) => p.event === "messages"), "its own modes when none are asked for");
  },

  async cancel() {
    const { thread_id } = await client.threads.create();
    const run = await client.runs.create(thread_id, slow, { input: say("sleep") });
    await until(async () => (await client.runs.get(thread_id, run.run_id)).status === "running", "the run is at work");
    assert.equal((await client.threads.get(thread_id)).status, "busy");
    await fails(client.runs.create(thread_id, slow, { input: say("x"), multitaskStrategy: "reject" }), 409);
    await fails(client.threads.updateState(thread_id, { values: { a: 1 } }), 409);
    await client.runs.cancel(thread_id, run.run_id, true);
    assert.equal((await client.runs.get(thread_id, run.run_id)).status, "interrupted");
    const state = await client.threads.getState(thread_id);
    assert.deepEqual(texts(state.values), ["human: sleep"]);
    assert.ok(state.next.length > 0);
    assert.equal((await client.threads.get(thread_id)).status, "interrupted");

    const gone = await client.runs.create(thread_id, slow, { input: say("never was") });
    await until(async () => (await client.runs.get(thread_id, gone.run_id)).status === "running", "the second run is at work");
    await client.runs.cancel(thread_id, gone.run_id, true, "rollback");
    await fails(client.runs.get(thread_id, gone.run_id), 404);
    assert.deepEqual((await client.threads.getState(thread_id)).values, state.values);
    await fails(client.runs.cancel(thread_id, crypto.randomUUID()), 404);
  },

  async multitask() {
    const { thread_id } = await client.threads.create();
    const first = await client.runs.create(thread_id, slow, { input: say("first") });
    const second = await client.runs.create(thread_id, flow, { input: say("second") });
    await until(async () => (await client.runs.get(thread_id, first.run_id)).status === "running", "the first is at work");
    assert.equal((await client.runs.get(thread_id, second.run_id)).status, "pending");
    const third = await client.runs.create(thread_id, flow, { input: say("third"), multitaskStrategy: "interrupt" });
    assert.deepEqual(texts(await client.runs.join(thread_id, third.run_id)), ["human: first", "human: third", "ai: You said: third"]);
    assert.equal((await client.runs.get(thread_id, first.run_id)).status, "interrupted");
    assert.equal((await client.runs.get(thread_id, second.run_id)).status, "interrupted");
    const fourth = await client.runs.create(thread_id, slow, { input: say("fourth") });
    await until(async () => (await client.runs.get(thread_id, fourth.run_id)).status === "running", "the fourth is at work");
    const fifth = await client.runs.wait(thread_id, flow, { input: say("fifth"), multitaskStrategy: "rollback" });
    assert.deepEqual(texts(fifth), ["human: first", "human: third", "ai: You said: third", "human: fifth", "ai: You said: fifth"]);
    await fails(client.runs.get(thread_id, fourth.run_id), 404);

    const later = await client.runs.create(thread_id, flow, { input: say("later"), afterSeconds: 3600 });
    assert.ok(new Date(later.created_at) - Date.now() > 3000_000);
    assert.equal((await client.runs.get(thread_id, later.run_id)).status, "pending");
    if (client.runs.cancelMany) {
      await client.runs.cancelMany({ threadId: thread_id, runIds: [later.run_id] });
      assert.equal((await client.runs.get(thread_id, later.run_id)).status, "interrupted");
    }
    await client.threads.delete(thread_id);
  },

  async crons() {
    const { assistant_id } = await client.assistants.get(flow);
    const daily = await client.crons.create(flow, { schedule: "0 9 * * 1-5", input: say("daily"), metadata: { team: "a" }, timezone: "Europe/Berlin", onRunCompleted: "keep" });
    assert.equal(daily.assistant_id, assistant_id);
    assert.equal(daily.thread_id, null);
    assert.equal(daily.schedule, "0 9 * * 1-5");
    assert.deepEqual(daily.payload.input, say("daily"));
    assert.ok(new Date(daily.next_run_date) > new Date());
    assert.deepEqual((await client.crons.search({ assistantId: assistant_id })).map((c) => c.cron_id), [daily.cron_id]);
    if (client.crons.count) assert.equal(await client.crons.count({ assistantId: assistant_id }), 1);
    if (client.crons.update) {
      const off = await client.crons.update(daily.cron_id, { enabled: false, metadata: { more: 1 } });
      assert.equal(off.enabled, false);
      assert.equal(off.next_run_date, null);
      assert.deepEqual(off.metadata, { team: "a", more: 1 });
      assert.equal(off.schedule, daily.schedule);
    }
    await client.crons.delete(daily.cron_id);
    assert.equal((await client.crons.search({ assistantId: assistant_id })).length, 0);
    await fails(client.crons.delete(daily.cron_id), 404);
    await fails(client.crons.create(flow, { schedule: "every now and then" }), 422);
    await fails(client.crons.createForThread(crypto.randomUUID(), flow, { schedule: "* * * * *" }), 404);

    // The sixth field is the second.
    const { thread_id } = await client.threads.create();
    const often = await client.crons.createForThread(thread_id, flow, { schedule: "* * * * * */1", input: say("tick"), metadata: { ticking: true } });
    assert.equal(often.thread_id, thread_id);
    await until(async () => (await client.runs.list(thread_id, { status: "success" })).length >= 2, "it has run twice");
    await client.crons.delete(often.cron_id);
    const [ran] = await client.runs.list(thread_id, { status: "success" });
    assert.equal(ran.metadata.cron_id, often.cron_id);
    assert.deepEqual(texts((await client.threads.getState(thread_id)).values).slice(0, 4), ["human: tick", "ai: You said: tick", "human: tick", "ai: You said: tick"]);
    await client.threads.delete(thread_id);
  },

  async webhooks() {
    const got = [];
    const receiver = createServer((request, answer) => {
      let body = "";
      request.on("data", (d) => (body += d)).on("end", () => {
        got.push({ url: request.url, headers: request.headers, body: JSON.parse(body) });
        answer.end();
      });
    });
    await new Promise((r) => receiver.listen(0, "127.0.0.1", r));
    try {
      const webhook = `http://127.0.0.1:${receiver.address().port}/done?token=s3cret%2Fx`;
      const told = async (run_id) => {
        await until(() => got.some((g) => g.body.run_id === run_id), `run ${run_id} is told`);
        return got.find((g) => g.body.run_id === run_id);
      };
      const { thread_id } = await client.threads.create();
      const run = await client.runs.create(thread_id, flow, { input: say("tell"), webhook, metadata: { a: 1 } });
      const first = await told(run.run_id);
      assert.equal(first.url, "/done?token=s3cret%2Fx");
      assert.match(first.headers["content-type"], /application\/json/);
      assert.ok(first.headers["webhook-id"] && first.headers["webhook-timestamp"] && first.headers["webhook-signature"].startsWith("v1,"));
      const { body } = first;
      assert.equal(body.status, "success");
      assert.equal(body.thread_id, thread_id);
      assert.equal(body.assistant_id, run.assistant_id);
      assert.equal(body.metadata.a, 1);
      assert.deepEqual(body.kwargs.input, say("tell"));
      assert.equal(body.kwargs.webhook, webhook);
      assert.deepEqual(texts(body.values), ["human: tell", "ai: You said: tell"]);
      assert.ok(!("error" in body));
      assert.ok(body.run_started_at <= body.run_ended_at && body.run_ended_at <= body.webhook_sent_at);

      let id;
      await client.runs.wait(null, flow, { input: say("alone"), webhook, onRunCreated: (r) => (id = r.run_id) });
      const alone = await told(id ?? sent.at(-1).contentLocation.split("/").at(-1));
      assert.deepEqual(texts(alone.body.values), ["human: alone", "ai: You said: alone"]);

      const failed = await client.runs.create(thread_id, `${flow}-broken`, { input: { x: 1 }, webhook });
      const why = (await told(failed.run_id)).body;
      assert.equal(why.status, "error");
      assert.ok(why.error.length > 0);

      const cut = await client.runs.create(thread_id, slow, { input: say("sleep"), webhook });
      await until(async () => (await client.runs.get(thread_id, cut.run_id)).status === "running", "it is at work");
      await client.runs.cancel(thread_id, cut.run_id, true);
      assert.equal((await told(cut.run_id)).body.status, "interrupted");

      const cron = await client.crons.createForThread(thread_id, flow, { schedule: "* * * * * */1", input: say("tick"), webhook });
      await until(() => got.some((g) => g.body.metadata.cron_id === cron.cron_id), "the cron's run is told");
      await client.crons.delete(cron.cron_id);
      await client.threads.delete(thread_id);
    } finally {
      receiver.close();
      receiver.closeAllConnections();
    }
  },

  async failure() {
    const { thread_id } = await client.threads.create();
    const failed = await client.runs.wait(thread_id, `${flow}-broken`, { input: { x: 1 }, raiseError: false }).catch((e) => ({ raised: String(e) }));
    assert.ok(failed.__error__?.message || failed.raised, JSON.stringify(failed));
    const parts = await collect(client.runs.stream(thread_id, `${flow}-broken`, { input: { x: 1 }, streamMode: ["values"] }));
    assert.ok(parts.some((p) => p.event === "error" && p.data.message));
    assert.equal((await client.threads.get(thread_id)).status, "error");
    assert.ok((await client.threads.getState(thread_id)).tasks[0].error);
  },
};

await take(steps);
