import { fromCanvas, toCanvas, type FromCanvas, type ToCanvas } from "./types";

/** The .NET object behind one canvas. */
export interface DotNetCanvas { invokeMethodAsync(method: "Receive", number: number, json: string): Promise<void>; }

/** Reads one message of the server; throws with the place and the reason when it is not one. */
export function read(json: string): ToCanvas {
  return toCanvas(JSON.parse(json), "message");
}

/** The way to the server. A message that cannot be sent is said in the console: the circuit may just have gone. */
export class Bridge {
  private sent = 0;

  constructor(private readonly server: DotNetCanvas) {}

  send(message: FromCanvas): void {
    this.server.invokeMethodAsync("Receive", ++this.sent, JSON.stringify(fromCanvas(message, "message")))
      .catch((reason: unknown) => console.warn("The canvas could not reach the server.", reason));
  }

  fail(what: string, reason: unknown): void {
    console.error(what, reason);
    this.send({ type: "error", message: what, detail: reason instanceof Error ? reason.message : String(reason) });
  }
}
