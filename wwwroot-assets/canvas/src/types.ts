// What the server and the canvas say to each other. CanvasContracts.cs and CanvasMessages.cs say the same in C#; messages.golden.ts, written by
// a test there, holds the two together.
import { flag, list, literal, nullable, number, object, oneOf, text, union, type Of } from "./shape";

export const portType = oneOf("message", "data", "table", "number", "boolean", "model", "tool", "any");
export const nodeStatus = oneOf("pending", "running", "waiting", "succeeded", "failed", "skipped");
const kind = oneOf("start", "shape", "models", "route", "data", "out");
const point = { x: number, y: number };
const size = { width: number, height: number };

/** `accepts` is empty when anything is taken; `returns` may close a circle (a Loop's). */
const input = object({ name: text, label: text, type: portType, accepts: list(portType), many: flag, required: flag, returns: flag });
const output = object({ name: text, label: text, type: portType });
const setting = object({ label: text, value: text });
const problem = object({ isError: flag, message: text, advice: text });

/**
 * A component on the canvas: `kind` colours its tile, `icon` is a symbol of the icon sheet, `known` is false for a placeholder, `source` is the
 * node as the flow file has it, `tool` the output by which an agent calls it.
 */
const node = object({
  id: text, type: text, title: text, kind, icon: text, known: flag, ...point,
  settings: list(setting), inputs: list(input), outputs: list(output), source: text,
  tool: nullable(output), disabled: flag, pinned: flag, problems: list(problem),
});
/** `html` is the note's Markdown made safe by the server; null: the text is shown as it is. */
const note = object({ id: text, ...point, ...size, text, html: nullable(text), color: nullable(text) });
const edgeRef = object({ source: text, sourcePort: text, target: text, targetPort: text });
const edge = object({ source: text, sourcePort: text, target: text, targetPort: text, type: portType });
const viewport = object({ ...point, zoom: number });

const component = object({ type: text, title: text, kind, icon: text, summary: text, canBeTool: flag, inputs: list(input), outputs: list(output) });
const conversion = object({ from: portType, to: list(portType) });

/** `durationMs` counts from the start to the end, or to the moment of sending while the node runs or waits. */
const nodeState = object({
  nodeId: text, status: nodeStatus, durationMs: nullable(number), message: nullable(text), wait: nullable(oneOf("time", "person", "run")), reused: flag,
});

export const commandName = oneOf(
  "zoomIn", "zoomOut", "zoomReset", "fit", "snap", "legend", "focus", "selectAll", "copy", "cut", "paste", "duplicate", "delete", "rename", "bypass", "addNote",
  "arrange", "alignLeft", "alignCenter", "alignRight", "alignTop", "alignMiddle", "alignBottom", "spreadHorizontally", "spreadVertically");

export const toCanvas = union({
  graph: object({
    type: literal("graph"), nodes: list(node), notes: list(note), edges: list(edge), viewport: nullable(viewport),
    flowId: text, revision: number, editable: flag, undo: nullable(text), redo: nullable(text), appliedOffline: flag,
  }),
  catalog: object({ type: literal("catalog"), components: list(component), conversions: list(conversion) }),
  runState: object({ type: literal("runState"), replace: flag, states: list(nodeState) }),
  select: object({ type: literal("select"), nodes: list(text), notes: list(text), edges: list(edgeRef) }),
  fit: object({ type: literal("fit") }),
  refused: object({ type: literal("refused"), reason: text }),
  connection: object({ type: literal("connection"), online: flag }),
  command: object({ type: literal("command"), name: commandName }),
  place: object({ type: literal("place"), component: text }),
});

const placed = object({ id: text, ...point });
/** The edge becomes two: into `input` and out of `output` of the node. */
const into = object({ edge: edgeRef, input: text, output: text });
/** The new node's `newPort` is wired to a port of another; `side` says what that other port is. */
const join = object({ nodeId: text, port: text, side: oneOf("input", "output"), newPort: text });

/** Changes of the flow that the browser can show by itself, and keep while offline. */
const edits = {
  move: object({ type: literal("move"), nodes: list(placed), notes: list(placed) }),
  arranged: object({ type: literal("arranged"), name: text, nodes: list(placed), notes: list(placed) }),
  connect: object({ type: literal("connect"), edge: edgeRef, replaces: nullable(edgeRef) }),
  delete: object({ type: literal("delete"), nodes: list(text), notes: list(text), edges: list(edgeRef) }),
  add: object({ type: literal("add"), id: text, component: text, ...point, into: nullable(into), join: nullable(join) }),
  insert: object({ type: literal("insert"), nodeId: text, ...point, into }),
  rename: object({ type: literal("rename"), nodeId: text, title: text }),
  bypass: object({ type: literal("bypass"), nodes: list(text), disabled: flag }),
  addNote: object({ type: literal("addNote"), id: text, ...point, ...size, text }),
  noteChanged: object({ type: literal("noteChanged"), id: text, text: nullable(text), box: nullable(object({ ...point, ...size })), color: nullable(text) }),
};
export const edit = union(edits);

export const fromCanvas = union({
  ...edits,
  ready: object({ type: literal("ready") }),
  error: object({ type: literal("error"), message: text, detail: nullable(text) }),
  selected: object({ type: literal("selected"), nodes: list(text), notes: list(text), edges: list(edgeRef) }),
  open: object({ type: literal("open"), nodeId: text, show: oneOf("settings", "output", "problems") }),
  viewport: object({ type: literal("viewport"), ...point, zoom: number }),
  command: object({ type: literal("command"), name: oneOf("undo", "redo", "run", "save", "help", "search") }),
  paste: object({ type: literal("paste"), text, at: nullable(object(point)) }),
  duplicate: object({ type: literal("duplicate"), nodes: list(text), notes: list(text) }),
  offline: object({ type: literal("offline"), baseRevision: number, edits: list(edit) }),
});

export type ToCanvas = Of<typeof toCanvas>;
export type FromCanvas = Of<typeof fromCanvas>;
export type Edit = Of<typeof edit>;
export type CanvasNode = Of<typeof node>;
export type CanvasNote = Of<typeof note>;
export type CanvasEdge = Of<typeof edge>;
export type EdgeRef = Of<typeof edgeRef>;
export type CanvasInput = Of<typeof input>;
export type CanvasOutput = Of<typeof output>;
export type CanvasComponent = Of<typeof component>;
export type Into = Of<typeof into>;
export type Join = Of<typeof join>;
export type Placed = Of<typeof placed>;
export type NodeState = Of<typeof nodeState>;
export type NodeStatus = Of<typeof nodeStatus>;
export type PortType = Of<typeof portType>;
export type CommandName = Of<typeof commandName>;
export type Graph = Extract<ToCanvas, { type: "graph" }>;
export type Catalog = Extract<ToCanvas, { type: "catalog" }>;
