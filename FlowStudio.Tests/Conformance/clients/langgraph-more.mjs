// What the LangGraph SDK's clients do beyond runs and threads as such: assistants of one's own, threads that end by themselves, streams of whole threads.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { client, collect, fails, flow, say, slow, texts, until, take } from "./langgraph-kit.mjs";

const steps = {
  async assistants() {
    const toned = `${flow}-tone`;
    const own = (await client.assistants.search({ graphId: toned }))[0];
    const made = await client.assistants.create({ graphId: toned, name: "Pirate", config: { configurable: { tone: "arr" }, tags: ["sea"] }, metadata: { team: "a", made_by: "test" }, description: "Speaks as at sea" });
    assert.equal(made.graph_id, toned);
    assert.notEqual(made.assistant_id, own.assistant_id);
    assert.equal(made.version, 1);
    assert.equal(made.description, "Speaks as at sea");
    assert.deepEqual(made.config, { configurable: { tone: "arr" }, tags: ["sea"] });
    assert.deepEqual(await client.assistants.get(made.assistant_id), made);
    assert.deepEqual((await client.assistants.search({ graphId: toned, metadata: { team: "a" } })).map((a) => a.assistant_id), [made.assistant_id]);
    assert.deepEqual(new Set((await client.assistants.search({ graphId: toned })).map((a) => a.assistant_id)), new Set([own.assistant_id, made.assistant_id]));
    assert.equal(await client.assistants.count({ graphId: toned }), 2);
    await fails(client.assistants.create({ graphId: toned, assistantId: made.assistant_id }), 409);
    assert.deepEqual(await client.assistants.create({ graphId: toned, assistantId: made.assistant_id, name: "Other", ifExists: "do_nothing" }), made);
    await fails(client.assistants.create({ graphId: "no such graph" }), 422);
    await fails(client.assistants.create({ graphId: crypto.randomUUID() }), 404);
    const schemas = await client.assistants.getSchemas(made.assistant_id);
    assert.equal(schemas.graph_id, toned);
    assert.equal(schemas.context_schema.properties.Tone.type, "string");
    assert.ok((await client.assistants.getGraph(made.assistant_id)).nodes.length > 2);

    // Its configuration fills the flow's Text Inputs, and is told with each run; the run's own words win.
    const { thread_id } = await client.threads.create();
    assert.deepEqual(texts(await client.runs.wait(thread_id, made.assistant_id, { input: say("hello") })).slice(-1), ["ai: arr hello"]);
    assert.deepEqual(texts(await client.runs.wait(thread_id, made.assistant_id, { input: say("hello"), config: { configurable: { tone: "ahoy" } } })).slice(-1), ["ai: ahoy hello"]);
    assert.deepEqual(texts(await client.runs.wait(thread_id, toned, { input: say("hello") })).slice(-1), ["ai: kindly hello"]);
    const [, second, first] = await client.runs.list(thread_id);
    assert.equal(first.assistant_id, made.assistant_id);
    assert.equal(first.kwargs.config.configurable.tone, "arr");
    assert.equal(first.kwargs.config.configurable.assistant_id, made.assistant_id);
    assert.deepEqual(first.kwargs.config.tags, ["sea"]);
    assert.equal(first.metadata.team, "a");
    assert.equal(second.kwargs.config.configurable.tone, "ahoy");
    assert.ok((await client.threads.search({ metadata: { assistant_id: own.assistant_id } })).some((t) => t.thread_id === thread_id));

    // Versions: each change is one, and an older one can be taken up again.
    const changed = await client.assistants.update(made.assistant_id, { config: { configurable: { tone: "yo ho" } }, metadata: { team: "b" } });
    assert.equal(changed.version, 2);
    assert.equal(changed.name, "Pirate");
    assert.deepEqual(changed.metadata, { team: "b", made_by: "test" });
    assert.deepEqual(texts(await client.runs.wait(null, made.assistant_id, { input: say("hello") })).slice(-1), ["ai: yo ho hello"]);
    assert.deepEqual((await client.assistants.getVersions(made.assistant_id)).map((v) => v.version), [2, 1]);
    assert.equal((await client.assistants.getVersions(made.assistant_id, { limit: 1, offset: 1 }))[0].config.configurable.tone, "arr");
    assert.equal((await client.assistants.setLatest(made.assistant_id, 1)).config.configurable.tone, "arr");
    assert.equal((await client.assistants.get(made.assistant_id)).version, 1);
    await fails(client.assistants.setLatest(made.assistant_id, 7), 404);
    assert.equal((await client.assistants.update(made.assistant_id, { name: "Third" })).version, 3);
    await fails(client.assistants.update(own.assistant_id, { name: "no" }), 409);

    // A cron of it goes by what it is now, and goes with it.
    const cron = await client.crons.create(made.assistant_id, { schedule: "* * * * * */1", input: say("tick"), metadata: { crew: true }, onRunCompleted: "keep" });
    assert.equal(cron.assistant_id, made.assistant_id);
    await client.assistants.update(made.assistant_id, { context: { tone: "later" }, config: {} });
    let said;
    await until(async () => {
      for (const thread of await client.threads.search({ metadata: { assistant_id: made.assistant_id, }, limit: 50 })) {
        said = thread.values && texts(thread.values).at(-1);
        if (said === "ai: later tick") return true;
      }
    }, "the cron has run with the assistant's new words");
    await client.assistants.delete(made.assistant_id);
    await fails(client.assistants.get(made.assistant_id), 404);
    await fails(client.runs.wait(null, made.assistant_id, { input: say("gone") }), 404);
    assert.equal((await client.crons.search({ metadata: { crew: true } })).length, 0);
    assert.equal(await client.assistants.count({ graphId: toned }), 1);
  },

  async keeping() {
    const kept = await client.threads.create({ metadata: { kind: "kept" }, ttl: 60 });
    if (client.threads.prune) {
      const ttl = (await client.threads.get(kept.thread_id, { include: ["ttl"] })).ttl;
      assert.equal(ttl.strategy, "delete");
      assert.equal(ttl.ttl_minutes, 60);
      assert.ok(new Date(ttl.expires_at) > new Date());
    }
    await fails(client.threads.create({ ttl: -1 }), 422);
    await client.runs.wait(kept.thread_id, flow, { input: say("one") });
    await client.runs.wait(kept.thread_id, flow, { input: say("two") });
    const before = await client.threads.getHistory(kept.thread_id, { limit: 100 });
    assert.ok(before.length > 4);
    if (client.threads.prune) {
      assert.deepEqual(await client.threads.prune([kept.thread_id, crypto.randomUUID()], { strategy: "keep_latest" }), { pruned_count: 1 });
      const after = await client.threads.getHistory(kept.thread_id, { limit: 100 });
      assert.equal(after.length, 1);
      assert.deepEqual(after[0].values, before[0].values);
      assert.equal(texts(await client.runs.wait(kept.thread_id, flow, { input: say("three") })).length, 6);
    }
    await client.threads.patchState(kept.thread_id, { reviewed: true });
    assert.deepEqual((await client.threads.get(kept.thread_id)).metadata.reviewed, true);
    if (client.threads.prune) {
      assert.deepEqual(await client.threads.prune([kept.thread_id]), { pruned_count: 1 });
      await fails(client.threads.get(kept.thread_id), 404);
    }
  },

  async threadStream() {
    const { thread_id } = await client.threads.create();
    const leave = new AbortController();
    const seen = [];
    const following = (async () => {
      for await (const part of client.threads.joinStream(thread_id, { lastEventId: "-1", streamMode: ["run_modes", "state_update"], signal: leave.signal })) seen.push(part);
    })().catch((e) => assert.ok(leave.signal.aborted, String(e)));
    const done = (run) => seen.some((p) => p.event === "metadata" && p.data.status === "run_done" && p.data.run_id === run);
    const first = await client.runs.create(thread_id, flow, { input: say("one"), streamMode: ["updates"] });
    await until(() => done(first.run_id), "the first run is told");
    await client.threads.updateState(thread_id, { values: { mood: "good" } });
    await until(() => seen.some((p) => p.event === "state_update" && p.data.values.mood === "good"), "the new state is told");
    const second = await client.runs.create(thread_id, flow, { input: say("two"), streamMode: ["values"] });
    await until(() => done(second.run_id), "the second run is told");
    leave.abort();
    await following;
    assert.deepEqual(seen.filter((p) => p.event === "metadata" && !p.data.status).map((p) => p.data.run_id), [first.run_id, second.run_id]);
    assert.deepEqual([...new Set(seen.map((p) => p.event))].sort(), ["metadata", "state_update", "updates", "values"]);
    assert.deepEqual(texts(seen.filter((p) => p.event === "values").at(-1).data).slice(-1), ["ai: You said: two"]);

    // After any event, all that came after it.
    for (let i = 0; i < seen.length - 1; i += 3) {
      const again = [];
      const enough = new AbortController();
      for await (const part of client.threads.joinStream(thread_id, { lastEventId: seen[i].id, streamMode: ["run_modes", "state_update"], signal: enough.signal })) {
        again.push(part);
        if (again.length === seen.length - i - 1) break;
      }
      enough.abort();
      assert.deepEqual(again, seen.slice(i + 1), `after ${seen[i].id}`);
    }
    const [life] = await (async () => {
      for await (const part of client.threads.joinStream(thread_id, { lastEventId: "-1", streamMode: "lifecycle" })) return [part];
    })();
    assert.deepEqual([life.event, life.data.run_id], ["metadata", first.run_id]);
    await fails(collect(client.threads.joinStream(crypto.randomUUID())), 404);
    await client.threads.delete(thread_id);
  },

  async neverBegun() {
    const got = [];
    const receiver = createServer((request, answer) => {
      let body = "";
      request.on("data", (d) => (body += d)).on("end", () => {
        got.push(JSON.parse(body));
        answer.end();
      });
    });
    await new Promise((r) => receiver.listen(0, "127.0.0.1", r));
    try {
      const webhook = `http://127.0.0.1:${receiver.address().port}/done`;
      const { thread_id } = await client.threads.create();
      const later = await client.runs.create(thread_id, flow, { input: say("later"), afterSeconds: 3600, webhook });
      await client.runs.cancel(thread_id, later.run_id, true);
      await until(() => got.some((b) => b.run_id === later.run_id), "a run that never began is told");
      const [body] = got;
      assert.equal(body.status, "interrupted");
      assert.deepEqual(body.kwargs.input, say("later"));
      assert.ok(body.run_ended_at);
      // One that waits for its turn behind another.
      const before = await client.runs.create(thread_id, slow, { input: say("sleep") });
      const behind = await client.runs.create(thread_id, flow, { input: say("behind"), webhook });
      await client.runs.cancel(thread_id, behind.run_id, true);
      await until(() => got.some((b) => b.run_id === behind.run_id), "a run that was behind another is told");
      await client.runs.cancel(thread_id, before.run_id, true);
      await client.threads.delete(thread_id);
    } finally {
      receiver.close();
      receiver.closeAllConnections();
    }
  },
};

await take(steps);
