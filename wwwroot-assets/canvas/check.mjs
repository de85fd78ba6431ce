// Runs the canvas's own checks of messages over what the server really writes (messages.golden.ts), and over what it must refuse.
import { build } from "esbuild";
import assert from "node:assert/strict";

const { outputFiles: [{ text }] } = await build({
  stdin: { contents: 'export * from "./types"; export * from "./messages.golden"; export { duration } from "./duration";', resolveDir: new URL("src", import.meta.url).pathname, loader: "ts" },
  bundle: true, format: "esm", write: false,
});
const { toCanvas, fromCanvas, messagesToCanvas, messagesFromCanvas, duration } = await import(`data:text/javascript;base64,${Buffer.from(text).toString("base64")}`);

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

for (const [milliseconds, words] of [[0.4, "<1 ms"], [1, "1 ms"], [32, "32 ms"], [999.4, "999 ms"], [999.6, "1.0 s"], [1600, "1.6 s"], [59_949, "59.9 s"], [59_950, "1 min 0 s"], [125_000, "2 min 5 s"], [3_840_000, "1 h 4 min"]])
  assert.equal(duration(milliseconds), words);
