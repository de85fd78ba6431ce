declare const DotNet: { createJSStreamReference(bytes: Uint8Array): object };

interface Sent { status: number; milliseconds: number; problem?: string; body?: object; cut: boolean; runId?: string }

/** Calls as a caller of the API would; the answer goes to the server as a stream, because it may be longer than a message of the circuit. */
export async function send(method: string, url: string, headers: Record<string, string>, body: string, signedIn: boolean, most: number): Promise<Sent> {
  const from = performance.now();
  try {
    const answer = await fetch(url, { method, headers, body: body.length > 0 ? body : undefined, credentials: signedIn ? "same-origin" : "omit", redirect: "manual" });
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const milliseconds = performance.now() - from;
    const stream = bytes.length > 0 ? DotNet.createJSStreamReference(bytes.subarray(0, most)) : undefined;
    return { status: answer.status, milliseconds, body: stream, cut: bytes.length > most, runId: answer.headers.get("X-Run-Id") ?? undefined };
  } catch (reason) {
    return { status: 0, milliseconds: performance.now() - from, problem: reason instanceof Error ? reason.message : String(reason), cut: false };
  }
}
