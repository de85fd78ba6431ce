// A person in the loop with the LangGraph SDK: runs that stop for an answer or at a node, and other runs that go on from there.
import assert from "node:assert/strict";
import { apiUrl, client, collect, fails, flow, say, texts, until, take } from "./langgraph-kit.mjs";

const asks = `${flow}-ask`;
const twice = `${flow}-ask-two`;
const interruptsOf = (state) => state.tasks.flatMap((t) => t.interrupts);

const steps = {
  async answers() {
    const { thread_id } = await client.threads.create();
    const values = await client.runs.wait(thread_id, asks, { input: say("refund 20") });
    const [asked] = values.__interrupt__;
    assert.equal(asked.value.kind, "approval");
    assert.equal(asked.value.text, "May I: refund 20?");
    assert.deepEqual(texts(values), ["human: refund 20"]);

    const thread = await client.threads.get(thread_id);
    assert.equal(thread.status, "interrupted");
    assert.deepEqual(Object.values(thread.interrupts), [[asked]]);
    assert.deepEqual((await client.threads.search({ ids: [thread_id], status: "interrupted" })).map((t) => t.thread_id), [thread_id]);
    const state = await client.threads.getState(thread_id);
    assert.deepEqual(state.next, ["ask"]);
    assert.deepEqual(interruptsOf(state), [asked]);
    assert.deepEqual(Object.keys(thread.interrupts), state.tasks.map((t) => t.id));
    assert.deepEqual((await client.threads.getHistory(thread_id))[0], state);
    const [first] = await client.runs.list(thread_id);
    assert.equal(first.status, "interrupted");
    assert.deepEqual(await client.runs.join(thread_id, first.run_id), values);

    // What does not fit starts nothing, and nothing is lost by it.
    await fails(client.runs.create(thread_id, asks, { command: { resume: "perhaps" } }), 422);
    await fails(client.runs.create(thread_id, asks, { command: { resume: { [crypto.randomUUID()]: true } } }), 422);
    await fails(client.runs.create(thread_id, asks, { command: { goto: "out" } }), 422);
    await fails(client.runs.create(null, asks, { command: { resume: true } }), 400);
    assert.equal((await client.runs.list(thread_id)).length, 1);

    // To go on without an answer is to be asked again.
    const again = await client.runs.wait(thread_id, asks, { input: null });
    assert.deepEqual(again.__interrupt__, [asked]);
    assert.equal((await client.threads.get(thread_id)).status, "interrupted");

    let second;
    const parts = await collect(client.runs.stream(thread_id, asks, { command: { resume: { approved: true, comment: "fine" } }, streamMode: ["values", "updates"], onRunCreated: (r) => (second = r) }));
    assert.notEqual(second.run_id, first.run_id);
    assert.equal(parts[0].data.run_id, second.run_id);
    const updates = parts.filter((p) => p.event === "updates").map((p) => Object.keys(p.data)[0]);
    assert.deepEqual(updates, ["ask", "yes"]);
    assert.deepEqual(texts(parts.filter((p) => p.event === "values")[0].data), ["human: refund 20"]);
    assert.deepEqual(texts(parts.filter((p) => p.event === "values").at(-1).data), ["human: refund 20", "ai: refund 20"]);
    assert.equal((await client.runs.get(thread_id, second.run_id)).status, "success");
    const after = await client.threads.get(thread_id);
    assert.deepEqual([after.status, after.interrupts], ["idle", {}]);
    const final = await client.threads.getState(thread_id);
    assert.deepEqual([final.next, interruptsOf(final)], [[], []]);
    await fails(client.runs.create(thread_id, asks, { command: { resume: true } }), 422);

    // Each run's stream can be read again, each with its own part only.
    const replayed = await collect(client.runs.joinStream(thread_id, second.run_id, { lastEventId: "-1", streamMode: ["values", "updates"] }));
    assert.deepEqual(replayed, parts);
    const earlier = await collect(client.runs.joinStream(thread_id, first.run_id, { lastEventId: "-1", streamMode: ["updates"] }));
    assert.deepEqual(earlier.filter((p) => p.event === "updates").map((p) => Object.keys(p.data)[0]), ["in", "__interrupt__"]);
  },

  async streams() {
    const { thread_id } = await client.threads.create();
    const parts = await collect(client.runs.stream(thread_id, asks, { input: say("pay"), streamMode: ["values", "updates"] }));
    const [asked] = parts.filter((p) => p.event === "values").at(-1).data.__interrupt__;
    assert.deepEqual(parts.filter((p) => p.event === "updates").at(-1).data, { __interrupt__: [asked] });
    assert.equal(parts.at(-1).event, "end");
    // By its id, with the newest checkpoint named, as hooks do.
    const { checkpoint } = await client.threads.getState(thread_id);
    const done = await client.runs.wait(thread_id, asks, { command: { resume: { [asked.id]: false } }, checkpoint });
    assert.deepEqual(texts(done).at(-1), "ai: No: pay");
    assert.ok(!done.__interrupt__);
  },

  async severalAndUpdates() {
    const { thread_id } = await client.threads.create();
    const first = await client.runs.wait(thread_id, twice, { input: say("x") });
    assert.deepEqual(first.__interrupt__.map((i) => i.value.text).sort(), ["Colour?", "Size?"]);
    assert.deepEqual((await client.threads.getState(thread_id)).next.sort(), ["colour", "size"]);
    await fails(client.runs.wait(thread_id, twice, { command: { resume: "red" } }), 422);
    const colour = first.__interrupt__.find((i) => i.value.text === "Colour?");
    const left = await client.runs.wait(thread_id, twice, { command: { resume: { [colour.id]: "red" } } });
    assert.deepEqual(left.__interrupt__.map((i) => i.value.text), ["Size?"]);
    // The state is changed while it waits, and by the command that goes on.
    await client.threads.updateState(thread_id, { values: { mood: "good" } });
    assert.equal((await client.threads.get(thread_id)).status, "interrupted");
    assert.deepEqual((await client.threads.getState(thread_id)).next, ["size"]);
    const done = await client.runs.wait(thread_id, twice, { command: { resume: "12", update: { weather: "fair" } } });
    assert.equal(done.mood, "good");
    assert.equal(done.weather, "fair");
    assert.equal(texts(done).at(-1), "ai: red, 12");
  },

  async stops() {
    const { thread_id } = await client.threads.create();
    const before = await client.runs.wait(thread_id, flow, { input: say("stop"), interruptBefore: ["out"] });
    assert.deepEqual(before.__interrupt__.map((i) => i.value), [{ kind: "interrupt", when: "before" }]);
    assert.deepEqual((await client.threads.getState(thread_id)).next, ["out"]);
    assert.equal(texts(await client.runs.wait(thread_id, flow, { input: null })).at(-1), "ai: You said: stop");
    const after = await client.runs.wait(thread_id, flow, { input: say("step"), interruptAfter: "*" });
    assert.equal(after.__interrupt__[0].value.when, "after");
    // Who goes on says anew where to stop: nowhere.
    assert.equal(texts(await client.runs.wait(thread_id, flow, { input: null })).at(-1), "ai: You said: step");
    await fails(client.runs.create(thread_id, flow, { input: say("x"), interruptBefore: ["no such node"] }), 422);
  },

  async newBeginnings() {
    const { thread_id } = await client.threads.create();
    await client.runs.wait(thread_id, asks, { input: say("first") });
    // Another input begins anew; the question is withdrawn.
    const other = await client.runs.wait(thread_id, flow, { input: say("never mind") });
    assert.deepEqual(texts(other), ["human: first", "human: never mind", "ai: You said: never mind"]);
    assert.equal((await client.threads.get(thread_id)).status, "idle");
    await fails(client.runs.wait(thread_id, asks, { command: { resume: true } }), 422);

    // A copy shows what the thread had; the question stays with the thread.
    await client.runs.wait(thread_id, asks, { input: say("again") });
    const copy = await client.threads.copy(thread_id);
    assert.equal(copy.status, "idle");
    await fails(client.runs.wait(copy.thread_id, asks, { command: { resume: true } }), 422);
    const open = (await (await fetch(`${apiUrl}/v1/questions?limit=100`)).json()).items.length;
    await client.threads.delete(thread_id);
    await until(async () => (await (await fetch(`${apiUrl}/v1/questions?limit=100`)).json()).items.length === open - 1, "the question goes with its thread");
  },

  async answeredElsewhere() {
    const { thread_id } = await client.threads.create({ metadata: { elsewhere: true } });
    const { __interrupt__ } = await client.runs.wait(thread_id, asks, { input: say("by the studio") });
    const questions = (await (await fetch(`${apiUrl}/v1/questions?limit=100`)).json()).items;
    const question = questions.find((q) => q.id === __interrupt__[0].id);
    const answered = await fetch(`${apiUrl}/v1/runs/${question.run_id}/answer`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ question_id: question.id, answer: true }) });
    assert.ok(answered.ok, await answered.text());
    // A run that nobody asked for carries on what the answer set going.
    await until(async () => (await client.threads.get(thread_id)).status === "idle", "the thread has learned of it");
    assert.equal(texts((await client.threads.getState(thread_id)).values).at(-1), "ai: by the studio");
    assert.deepEqual((await client.runs.list(thread_id)).map((r) => r.status), ["success", "interrupted"]);

    // Without a thread of its own as well: it is kept until the answer has come.
    let run;
    const alone = await client.runs.wait(null, asks, { input: say("alone"), onRunCreated: (r) => (run = r) });
    const other = (await (await fetch(`${apiUrl}/v1/questions?limit=100`)).json()).items.find((q) => q.id === alone.__interrupt__[0].id);
    const threads = await client.threads.search({ status: "interrupted", limit: 100 });
    const own = threads.find((t) => Object.values(t.interrupts).flat().some((i) => i.id === other.id));
    await client.runs.wait(own.thread_id, asks, { command: { resume: true } });
    await until(async () => (await client.threads.get(own.thread_id).catch((e) => e)).status === 404, "its thread has gone with it");
  },
};

await take(steps);
