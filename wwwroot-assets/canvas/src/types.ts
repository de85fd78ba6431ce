// What the server and the canvas say to each other. CanvasContracts.cs says the same in C#; messages.golden.ts, written by a test there, holds
// the two together.
import { flag, list, literal, nullable, number, object, oneOf, text, union, type Of } from "./shape";

export const portType = oneOf("message", "data", "table", "number", "boolean", "model", "tool", "any");
export const nodeStatus = oneOf("pending", "running", "waiting", "succeeded", "failed", "skipped");
const point = { x: number, y: number };

const port = object({ name: text, label: text, type: portType });
const setting = object({ label: text, value: text });

/** A component on the canvas: `kind` colours its tile, `icon` is a symbol of the icon sheet, `known` is false for a placeholder. */
const node = object({
  id: text, title: text, kind: oneOf("start", "shape", "models", "route", "data", "out"), icon: text, known: flag, ...point,
  settings: list(setting), inputs: list(port), outputs: list(port),
});
const note = object({ id: text, ...point, width: number, height: number, text });
const edge = object({ id: text, source: text, sourcePort: text, target: text, targetPort: text, type: portType });

/** `durationMs` counts from the start to the end, or to the moment of sending while the node runs or waits. */
const nodeState = object({ nodeId: text, status: nodeStatus, durationMs: nullable(number), message: nullable(text) });

export const toCanvas = union({
  graph: object({ type: literal("graph"), nodes: list(node), notes: list(note), edges: list(edge), viewport: nullable(object({ ...point, zoom: number })) }),
  runState: object({ type: literal("runState"), replace: flag, states: list(nodeState) }),
  select: object({ type: literal("select"), nodeId: nullable(text) }),
  fit: object({ type: literal("fit") }),
});
export const fromCanvas = union({
  ready: object({ type: literal("ready") }),
  nodeSelected: object({ type: literal("nodeSelected"), nodeId: nullable(text), show: oneOf("settings", "output") }),
  error: object({ type: literal("error"), message: text, detail: nullable(text) }),
});

export type ToCanvas = Of<typeof toCanvas>;
export type FromCanvas = Of<typeof fromCanvas>;
export type CanvasNode = Of<typeof node>;
export type CanvasNote = Of<typeof note>;
export type CanvasEdge = Of<typeof edge>;
export type CanvasPort = Of<typeof port>;
export type NodeState = Of<typeof nodeState>;
export type NodeStatus = Of<typeof nodeStatus>;
export type PortType = Of<typeof portType>;
export type Graph = Extract<ToCanvas, { type: "graph" }>;
