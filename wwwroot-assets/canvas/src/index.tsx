// The canvas island: mount, update, unmount. .NET talks to it through CanvasIsland.razor.cs and to nothing else in here.
import { ReactFlowProvider } from "@xyflow/react";
import { StrictMode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { Bridge, read, type DotNetCanvas } from "./bridge";
import { CanvasContext, type Canvas } from "./context";
import { watchPalette } from "./drag";
import { FlowCanvas } from "./FlowCanvas";
import { Session } from "./session";
import { CanvasStore } from "./store";
import type { ToCanvas } from "./types";

interface Mounted extends Canvas { root: Root; leave: () => void; }
const canvases = new WeakMap<HTMLElement, Mounted>();

/** Draws an empty canvas into the element; `icons` is the address of the icon sheet. */
export function mount(element: HTMLElement, server: DotNetCanvas, icons: string): void {
  if (canvases.has(element)) throw new Error("This element already has a canvas.");
  const store = new CanvasStore();
  const bridge = new Bridge(server);
  const session = new Session(store, bridge);
  const failed = (reason: unknown) => bridge.fail("The canvas could not draw the flow.", reason);
  const root = createRoot(element, { onUncaughtError: failed, onRecoverableError: failed });
  const canvas: Canvas = { store, bridge, session, icons, actions: { current: null } };
  canvases.set(element, { ...canvas, root, leave: watchPalette() });
  root.render(
    <StrictMode>
      <CanvasContext value={canvas}>
        <ReactFlowProvider><FlowCanvas /></ReactFlowProvider>
      </CanvasContext>
    </StrictMode>,
  );
  bridge.send({ type: "ready" });
}

/** Takes one message of the server as JSON; `handled` is the last of ours that it had heard. One that is not known is an error here and in the server's log. */
export function update(element: HTMLElement, json: string, handled: number): void {
  const canvas = canvases.get(element);
  if (!canvas) throw new Error("This element has no canvas.");
  let message: ToCanvas;
  try {
    message = read(json);
  } catch (reason) {
    canvas.bridge.fail("The canvas did not understand the server.", reason);
    return;
  }
  const { store, session, actions } = canvas;
  switch (message.type) {
    case "graph": return session.graph(message, handled);
    case "catalog": return store.setCatalog(message);
    case "runState": return store.setStates(message.states, message.replace);
    case "select": return store.want(message);
    case "fit": return store.fit();
    case "refused": return session.refused(message.reason, handled);
    case "connection": return session.connection(message.online);
    case "command": return actions.current?.command(message.name);
    case "place": return actions.current?.place(message.component);
  }
}

export function unmount(element: HTMLElement): void {
  const canvas = canvases.get(element);
  canvas?.root.unmount();
  canvas?.session.dispose();
  canvas?.leave();
  canvases.delete(element);
}
