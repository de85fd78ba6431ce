// Runs what the text editor knows of templates and JSON.
import { build } from "esbuild";
import assert from "node:assert/strict";

const { outputFiles: [{ text }] } = await build({
  stdin: { contents: 'export * from "./template"; export * from "./json";', resolveDir: new URL("src", import.meta.url).pathname, loader: "ts" },
  bundle: true, format: "esm", write: false,
});
const { placeholders, pathStart, jsonProblem } = await import(`data:text/javascript;base64,${Buffer.from(text).toString("base64")}`);

const marked = template => placeholders(template).map(({ from, to }) => template.slice(from, to));
assert.deepEqual(marked("Order {order.id} of {a}, {{not}}, { open"), ["{order.id}", "{a}"]);
assert.deepEqual(marked("{}{x}{{{y}"), ["{x}", "{y}"]);
assert.deepEqual(marked("{a\nb}"), []);

for (const [before, start] of [["Order {", 7], ["Order {order.i", 7], ["{a} {", 5], ["{{", -1], ["{{{", 3], ["{a}", -1], ["plain", -1]])
  assert.equal(pathStart(before), start, before);

for (const good of ["{}", "[1,2.5e3]", '{"a":"\\u00e9\\n","b":[true,false,null]}', " 7 "]) assert.equal(jsonProblem(good), null, good);
for (const [bad, at, message] of [
  ['{"a":1,}', 7, /takes no comma/], ["{'a':1}", 1, /double quotes/], ['{"a" 1}', 5, /colon/], ['{"a":nope}', 5, /needs double quotes/],
  ['{"a":"x}', 5, /not closed/], ['[1,2', 0, /not closed/], ['[1 2]', 3, /comma or \]/], ['"a\\q"', 2, /means nothing/], ["1 2", 2, /after the end/], ['{"a":01}', 5, /no number/],
]) {
  const problem = jsonProblem(bad);
  assert.ok(problem, bad);
  assert.equal(problem.at, at, `${bad}: ${problem.message}`);
  assert.match(problem.message, message);
}
