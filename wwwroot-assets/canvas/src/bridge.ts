import { fromCanvas, toCanvas, type FromCanvas, type ToCanvas } from "./types";

/** The .NET object behind one canvas. */
export interface DotNetCanvas {
  invokeMethodAsync(method: "Receive", number: number, json: string): Promise<void>;
  invokeMethodAsync(method: "ReceiveLarge", number: number, json: unknown): Promise<void>;
}

/** A circuit message may have 32 KB; beyond this a message goes as a stream. */
const largest = 20_000;

/** Reads one message of the server; throws with the place and the reason when it is not one. */
export function read(json: string): ToCanvas {
  return toCanvas(JSON.parse(json), "message");
}

/** The way to the server. Every message has a number; what the server says names the last one it heard. */
export class Bridge {
  private sent = 0;

  constructor(private readonly server: DotNetCanvas) {}

  get next(): number { return this.sent + 1; }

  /** Settles when the server has dealt with the message; rejects when it could not be reached. */
  deliver(message: FromCanvas): Promise<void> {
    const number = ++this.sent;
    const json = JSON.stringify(fromCanvas(message, "message"));
    if (json.length < largest) return this.server.invokeMethodAsync("Receive", number, json);
    const { DotNet } = window as unknown as { DotNet: { createJSStreamReference(bytes: Uint8Array): unknown } };
    return this.server.invokeMethodAsync("ReceiveLarge", number, DotNet.createJSStreamReference(new TextEncoder().encode(json)));
  }

  /** A message that may be lost: what is selected, where the reader looks. */
  send(message: FromCanvas): void {
    this.deliver(message).catch((reason: unknown) => console.warn("The canvas could not reach the server.", reason));
  }

  fail(what: string, reason: unknown): void {
    console.error(what, reason);
    this.send({ type: "error", message: what, detail: reason instanceof Error ? reason.message : String(reason) });
  }
}
