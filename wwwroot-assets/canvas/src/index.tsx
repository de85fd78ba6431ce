// The canvas island: mount, update, unmount. .NET talks to it through CanvasIsland.razor.cs and to nothing else in here.
import { ReactFlowProvider } from "@xyflow/react";
import { StrictMode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { Bridge, read, type DotNetCanvas } from "./bridge";
import { CanvasContext } from "./context";
import { FlowCanvas } from "./FlowCanvas";
import { CanvasStore } from "./store";
import type { ToCanvas } from "./types";

interface Mounted { root: Root; store: CanvasStore; bridge: Bridge; }
const canvases = new WeakMap<HTMLElement, Mounted>();

/** Draws an empty canvas into the element; `icons` is the address of the icon sheet. */
export function mount(element: HTMLElement, server: DotNetCanvas, icons: string): void {
  if (canvases.has(element)) throw new Error("This element already has a canvas.");
  const store = new CanvasStore();
  const bridge = new Bridge(server);
  const failed = (reason: unknown) => bridge.fail("The canvas could not draw the flow.", reason);
  const root = createRoot(element, { onUncaughtError: failed, onRecoverableError: failed });
  canvases.set(element, { root, store, bridge });
  root.render(
    <StrictMode>
      <CanvasContext value={{ store, bridge, icons }}>
        <ReactFlowProvider><FlowCanvas /></ReactFlowProvider>
      </CanvasContext>
    </StrictMode>,
  );
  bridge.send({ type: "ready" });
}

/** Takes one message of the server as JSON. One that it does not know is an error here and in the server's log. */
export function update(element: HTMLElement, json: string): void {
  const canvas = canvases.get(element);
  if (!canvas) throw new Error("This element has no canvas.");
  let message: ToCanvas;
  try {
    message = read(json);
  } catch (reason) {
    canvas.bridge.fail("The canvas did not understand the server.", reason);
    return;
  }
  switch (message.type) {
    case "graph": return canvas.store.setGraph(message);
    case "runState": return canvas.store.setStates(message.states, message.replace);
    case "select": return canvas.store.select(message.nodes[0] ?? null);
    case "fit": return canvas.store.fit();
  }
}

export function unmount(element: HTMLElement): void {
  canvases.get(element)?.root.unmount();
  canvases.delete(element);
}
