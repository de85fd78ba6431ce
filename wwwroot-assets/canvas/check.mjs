// Runs the canvas's own checks of messages over what the server really writes (messages.golden.ts), over what it must refuse, and checks of the
// parts that decide without drawing: what may be connected, what an edit makes of the flow, the clipboard, what is kept offline, arranging.
import { build } from "esbuild";
import assert from "node:assert/strict";

const modules = ["types", "messages.golden", "duration", "graph", "matrix", "fragment", "queue", "arrange"];
const { outputFiles: [{ text }] } = await build({
  stdin: { contents: modules.map(m => `export * from "./${m}";`).join("\n"), resolveDir: new URL("src", import.meta.url).pathname, loader: "ts" },
  bundle: true, format: "esm", write: false, platform: "node",
});
const canvas = await import(`data:text/javascript;base64,${Buffer.from(text).toString("base64")}`);
const { toCanvas, fromCanvas, messagesToCanvas, messagesFromCanvas, duration } = canvas;

for (const message of messagesToCanvas) assert.deepEqual(toCanvas(message, "message"), message);
for (const message of messagesFromCanvas) assert.deepEqual(fromCanvas(message, "message"), message);

const refused = [
  [null, /message\.type/], [{}, /message\.type/], [{ type: "paint" }, /message\.type: wanted graph, catalog, .* got "paint"/],
  [{ type: "refused" }, /message\.reason: wanted a text, got nothing/], [{ type: "refused", reason: 7 }, /message\.reason/],
  [{ type: "fit", now: true }, /message\.now: wanted no such property/],
  [{ type: "runState", replace: true, states: [{ nodeId: "a", status: "done", durationMs: null, message: null, wait: null, reused: false }] }, /message\.states\[0\]\.status/],
  [{ type: "runState", replace: true, states: [{ nodeId: "a", status: "failed", durationMs: NaN, message: null, wait: null, reused: false }] }, /durationMs: wanted a number/],
  [{ type: "constructor" }, /message\.type/],
];
for (const [message, reason] of refused) assert.throws(() => toCanvas(message, "message"), reason);
assert.throws(() => fromCanvas({ type: "offline", baseRevision: 1, edits: [{ type: "ready" }] }, "message"), /edits\[0\]\.type/);

for (const [milliseconds, words] of [[0.4, "<1 ms"], [1, "1 ms"], [32, "32 ms"], [999.4, "999 ms"], [999.6, "1.0 s"], [1600, "1.6 s"], [59_949, "59.9 s"], [59_950, "1 min 0 s"], [125_000, "2 min 5 s"], [3_840_000, "1 h 4 min"]])
  assert.equal(duration(milliseconds), words);

// A small flow: hook → text → out, a loop and an agent beside them.
const input = (name, accepts, more = {}) => ({ name, label: name, type: accepts[0] ?? "any", accepts, many: false, required: false, returns: false, ...more });
const output = (name, type) => ({ name, label: name, type });
const component = (type, inputs, outputs, canBeTool = false) => ({ type, title: type, kind: "shape", icon: "x", summary: `${type} does something`, canBeTool, inputs, outputs });
const catalog = {
  type: "catalog",
  conversions: [["message", "message", "data"], ["data", "data", "table", "any"], ["number", "number", "message", "data"], ["tool", "tool"], ["any", "any", "message", "data"]].map(([from, ...to]) => ({ from, to })),
  components: [
    component("Hook", [], [output("data", "data"), output("method", "message")]), component("DataToMessage", [input("data", ["data"])], [output("text", "message")], true),
    component("Out", [input("text", ["message"])], []), component("Loop", [input("list", ["table"]), input("item_result", [], { returns: true })], [output("item", "data"), output("done", "table")]),
    component("Agent", [input("tools", ["tool"], { many: true })], [output("answer", "message")]), component("Sink", [input("all", [], { many: true })], []),
  ],
};
const empty = { type: "graph", nodes: [], notes: [], edges: [], viewport: null, flowId: "f", revision: 1, editable: true, undo: null, redo: null, appliedOffline: false };
const run = (graph, ...edits) => edits.reduce((g, e) => canvas.apply(g, canvas.edit(e, "edit"), catalog), graph);
const add = (id, type, x = 0, y = 0) => ({ type: "add", id, component: type, x, y, into: null, join: null });
const edge = (source, sourcePort, target, targetPort) => ({ source, sourcePort, target, targetPort });
const connect = (...ports) => ({ type: "connect", edge: edge(...ports), replaces: null });
const flow = run(empty, add("hook", "Hook"), add("text", "DataToMessage", 300), add("out", "Out", 600), connect("hook", "data", "text", "data"), connect("text", "text", "out", "text"));
const keys = graph => graph.edges.map(canvas.edgeKey);

// Edits.
assert.deepEqual(keys(flow), [canvas.edgeKey(edge("hook", "data", "text", "data")), canvas.edgeKey(edge("text", "text", "out", "text"))]);
assert.equal(run(flow, connect("hook", "data", "text", "data")).edges.length, 2, "an edge is there once");
assert.equal(run(flow, { type: "delete", nodes: ["text"], notes: [], edges: [] }).edges.length, 0, "edges go with their node");
const put = run(flow, { ...add("second", "DataToMessage"), into: { edge: edge("hook", "data", "text", "data"), input: "data", output: "text" } });
assert.deepEqual(put.edges.map(e => [e.source, e.target]).sort(), [["hook", "second"], ["second", "text"], ["text", "out"]].sort());
assert.deepEqual(run(flow, { ...add("sink", "Sink"), join: { nodeId: "hook", port: "method", side: "output", newPort: "all" } }).edges.at(-1), { ...edge("hook", "method", "sink", "all"), type: "message" });
assert.equal(run(flow, { type: "rename", nodeId: "text", title: "" }).nodes[1].title, "DataToMessage", "an empty name is the component's");
assert.equal(run(flow, { type: "rename", nodeId: "nobody", title: "x" }).nodes.some(n => n.title === "x"), false);
assert.equal(run(flow, { type: "bypass", nodes: ["out"], disabled: true }).nodes[2].disabled, true);
const noted = run(flow, { type: "addNote", id: "note", x: 0, y: 0, width: 10, height: 10, text: "" }, { type: "noteChanged", id: "note", text: "hi", box: null, color: "blue" });
assert.deepEqual([noted.notes[0].text, noted.notes[0].html, noted.notes[0].color], ["hi", null, "blue"]);
assert.equal(canvas.newId(flow, "DataToMessage"), "data_to_message");
assert.equal(canvas.newId(run(flow, add("data_to_message", "DataToMessage")), "DataToMessage"), "data_to_message_2");
const again = canvas.keepSame(flow, JSON.parse(JSON.stringify(run(flow, { type: "move", nodes: [{ id: "out", x: 1, y: 2 }], notes: [] }))));
assert.deepEqual([again.nodes[0] === flow.nodes[0], again.nodes[2] === flow.nodes[2], again.edges === flow.edges], [true, false, true], "only what changed is new");

// What may be connected.
const why = (graph, ...ports) => canvas.refusal(graph, catalog, edge(...ports));
assert.match(why(flow, "hook", "data", "out", "text"), /data gives Data; text takes Message\. Put a Data to Message between/);
assert.equal(why(flow, "hook", "method", "out", "text"), null);
assert.match(why(flow, "hook", "data", "text", "data"), /connected already/);
assert.match(why(flow, "text", "text", "text", "data"), /feed itself/);
const circle = run(flow, add("more", "DataToMessage"), connect("text", "text", "more", "data"));
assert.match(why(circle, "more", "text", "text", "data"), /circle/);
const loop = run(flow, add("loop", "Loop"), add("body", "DataToMessage"), connect("loop", "item", "body", "data"));
assert.equal(why(loop, "body", "text", "loop", "item_result"), null, "a loop's body leads back");
assert.equal(why(loop, "loop", "item", "loop", "item_result"), null);
const agent = run(flow, add("agent", "Agent"), add("tool", "DataToMessage"));
assert.equal(why(agent, "tool", "component_as_tool", "agent", "tools"), null);
assert.match(why(agent, "tool", "component_as_tool", "out", "text"), /gives Tool/);
assert.match(why(run(agent, add("sink", "Sink")), "tool", "component_as_tool", "sink", "all"), /anything but models and tools/);
const from = { nodeId: "hook", port: "data", side: "output" };
assert.deepEqual([...canvas.fitting(run(flow, add("free", "DataToMessage")), catalog, from)], [canvas.portKey("free", "input", "data")]);
assert.equal(canvas.portOn(run(flow, add("free", "DataToMessage")), catalog, from, "free"), "data");
assert.equal(canvas.portOn(flow, catalog, from, "out"), null);
assert.deepEqual(canvas.replacedBy(flow, edge("hook", "method", "out", "text")), edge("text", "text", "out", "text"));
assert.equal(canvas.replacedBy(agent, edge("tool", "component_as_tool", "agent", "tools")), null);
const named = list => list.map(c => c.component.type);
assert.deepEqual(named(canvas.choices(flow, catalog, { from })), ["DataToMessage", "Loop", "Sink"]);
assert.deepEqual(named(canvas.choices(agent, catalog, { from: { nodeId: "agent", port: "tools", side: "input" } })), ["DataToMessage"]);
assert.deepEqual(named(canvas.choices(flow, catalog, { edge: edge("text", "text", "out", "text") })), ["DataToMessage"]);
assert.deepEqual(named(canvas.search(canvas.choices(flow, catalog, null), "loop")), ["Loop"]);
assert.deepEqual(named(canvas.search(canvas.choices(flow, catalog, null), "something out")), ["Out"]);

// The clipboard.
const moved = run(flow, { type: "move", nodes: [{ id: "text", x: 7, y: 8 }], notes: [] });
const copied = JSON.parse(canvas.fragmentOf(moved, { nodes: ["hook", "text"], notes: [] }));
assert.deepEqual([copied.flowstudio, copied.nodes.length, copied.nodes[1].position, copied.edges], ["nodes", 2, { x: 7, y: 8 }, [{ from: { node: "hook", port: "data" }, to: { node: "text", port: "data" } }]]);
assert.equal(canvas.fragmentOf(flow, { nodes: [], notes: [] }), null);
assert.deepEqual(JSON.parse(canvas.fragmentOf(noted, { nodes: [], notes: ["note"] })).notes, [{ id: "note", text: "hi", position: { x: 0, y: 0 }, width: 10, height: 10, color: "blue" }]);
assert.ok(canvas.isFragment(canvas.fragmentOf(flow, { nodes: ["hook"], notes: [] })));
for (const text of ["", "hello", "{", '{"flowstudio":"flow"}', '["flowstudio"]', '{"a":"flowstudio"}']) assert.ok(!canvas.isFragment(text), text);

// What is kept offline.
class Shelf {
  items = new Map();
  get length() { return this.items.size; }
  key(i) { return [...this.items.keys()][i] ?? null; }
  getItem(k) { return this.items.get(k) ?? null; }
  setItem(k, v) { this.items.set(k, v); }
  removeItem(k) { this.items.delete(k); }
}
const shelf = new Shelf();
const queue = (tab, open) => new canvas.OfflineQueue(shelf, tab, async () => open && new Set(open));
const one = canvas.edit({ type: "rename", nodeId: "a", title: "A" }, "edit");
const two = canvas.edit(connect("hook", "data", "text", "data"), "edit");
queue("gone").keep("f", { baseRevision: 4, edits: [one] });
queue("me").keep("f", { baseRevision: 5, edits: [two] });
queue("me").keep("g", { baseRevision: 1, edits: [two] });
assert.deepEqual(await queue("other", ["other", "me", "gone"]).take("f"), null, "what open tabs keep is theirs");
assert.deepEqual(await queue("other", null).take("f"), null, "and where nobody can know, too");
assert.deepEqual(await queue("me", ["me"]).take("f"), { baseRevision: 4, edits: [two, one] });
assert.deepEqual(await queue("me", ["me"]).take("f"), { baseRevision: 4, edits: [two, one] }, "kept until the server has it");
queue("me").forget("f");
assert.equal(await queue("me", []).take("f"), null);
assert.equal((await queue("me", []).take("g")).edits.length, 1);
shelf.setItem("flowstudio.offline.h.me", '{"baseRevision":1,"edits":[{"type":"format"}]}');
const warn = console.warn;
console.warn = () => {};
assert.equal(await queue("me", []).take("h"), null, "what is no edit is not handed over");
console.warn = warn;

// Arranging.
const box = (id, x, y, width = 220, height = 100) => ({ id, x, y, width, height });
const boxes = [box("out", 40, 500), box("hook", 40, 40), box("text", 900, 40), box("alone", 0, 0)];
const places = Object.fromEntries(canvas.arrange(boxes, flow.edges).map(p => [p.id, p]));
assert.ok(places.hook.x + 220 < places.text.x && places.text.x + 220 < places.out.x, "edges lead to the right");
assert.ok(places.alone.y >= places.hook.y + 100, "what has no edges lies below");
assert.ok(Object.values(places).every(p => p.x % canvas.grid === 0 && p.y % canvas.grid === 0));
assert.deepEqual(canvas.arrange(boxes, flow.edges), canvas.arrange(boxes, flow.edges));
assert.equal(canvas.arrange([], []).length, 0);
assert.equal(canvas.arrange([box("loop", 0, 0), box("body", 0, 0)], [edge("loop", "item", "body", "data"), edge("body", "text", "loop", "item_result")]).length, 2, "a circle is arranged too");
assert.deepEqual(canvas.align([box("a", 10, 0), box("b", 50, 90, 100)], "left").map(p => p.x), [10, 10]);
assert.deepEqual(canvas.align([box("a", 10, 0), box("b", 50, 90, 100)], "right").map(p => p.x), [10, 130]);
assert.deepEqual(canvas.align([box("a", 0, 10), box("b", 0, 90, 220, 40)], "middle").map(p => p.y), [20, 50]);
assert.deepEqual(canvas.spread([box("a", 0, 0), box("c", 700, 0), box("b", 300, 0)], "x").map(p => [p.id, p.x]), [["a", 0], ["b", 350], ["c", 700]]);
