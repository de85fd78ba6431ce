// What the scripts over the LangGraph SDK share: the client of the generation that is asked for, and small helpers.
import assert from "node:assert/strict";

export const [generation, apiUrl, flow, slow] = process.argv.slice(2);
export const { Client } = await import(`langgraph-sdk-${generation}`);
/** What was sent, and what the answers' headers said. */
export const sent = [];
export const client = new Client({ apiUrl, apiKey: null, callerOptions: { maxRetries: 0, fetch: (...call) => seen(...call) } });

async function seen(url, init) {
  const answer = await fetch(url, init);
  sent.push({ url: String(url), status: answer.status, contentLocation: answer.headers.get("content-location"), location: answer.headers.get("location") });
  return answer;
}

export const say = (content) => ({ messages: [{ role: "user", content }] });
export const fails = async (promise, status) => {
  const error = await promise.then(() => assert.fail(`expected ${status}`), (e) => e);
  assert.equal(error.status, status, String(error));
  assert.ok(JSON.parse(error.text ?? error.message.replace(/^HTTP \d+: /, "")).detail, "an error has a detail");
};
export const collect = async (stream) => {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return parts;
};
export const until = async (condition, what) => {
  for (let i = 0; i < 600; i++) {
    if (await condition()) return;
    await new Promise((r) => setTimeout(r, 50));
  }
  assert.fail(`waited in vain until ${what}`);
};
export const texts = (values) => values.messages.map((m) => `${m.type}: ${m.content}`);

/** Takes the steps one after the other, and says of each whether it held. */
export const take = async (steps) => {
  for (const [name, step] of Object.entries(steps)) {
    try {
      await Promise.race([step(), new Promise((_, reject) => setTimeout(() => reject(new Error(`${name} does not end`)), 100_000).unref())]);
      console.log(`ok ${name}`);
    } catch (error) {
      console.log(`failed ${name}\n${error.stack}`);
      process.exitCode = 1;
    }
  }
  // What a failed step left open keeps nobody waiting.
  process.exit();
};
