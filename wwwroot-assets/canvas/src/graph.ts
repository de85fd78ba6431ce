import type { CanvasComponent, CanvasEdge, CanvasNode, CanvasNote, Catalog, Edit, EdgeRef, Graph, Into, PortType } from "./types";

/** The output by which an agent calls a node; it is not among the node's own outputs. */
export const toolPort = "component_as_tool";

export const edgeKey = (e: EdgeRef) => JSON.stringify([e.source, e.sourcePort, e.target, e.targetPort]);
export const edgeRef = (e: EdgeRef): EdgeRef => ({ source: e.source, sourcePort: e.sourcePort, target: e.target, targetPort: e.targetPort });
const same = (a: EdgeRef, b: EdgeRef) => a.source === b.source && a.sourcePort === b.sourcePort && a.target === b.target && a.targetPort === b.targetPort;

export function outputType(node: CanvasNode | undefined, port: string): PortType {
  return (port === toolPort ? node?.tool : node?.outputs.find(o => o.name === port))?.type ?? "any";
}

/** A free id as the server would choose it: `data_to_message`, `data_to_message_2`… */
export function newId(graph: Graph, type: string): string {
  const taken = new Set([...graph.nodes.map(n => n.id), ...graph.notes.map(n => n.id)]);
  const stem = type.replace(/[^A-Za-z0-9]/g, "").replace(/([^A-Z])([A-Z])/g, "$1_$2").toLowerCase().slice(0, 40) || "node";
  for (let i = 1; ; i++) {
    const id = i === 1 ? stem : `${stem}_${i}`;
    if (!taken.has(id)) return id;
  }
}

/** What the flow looks like once an edit is done: shown at once, and until the server's own graph has it in it. One that makes no sense changes nothing. */
export function apply(graph: Graph, edit: Edit, catalog: Catalog | null): Graph {
  switch (edit.type) {
    case "move":
    case "arranged": {
      const nodes = new Map(edit.nodes.map(p => [p.id, p]));
      const notes = new Map(edit.notes.map(p => [p.id, p]));
      return { ...graph, nodes: graph.nodes.map(n => at(n, nodes.get(n.id))), notes: graph.notes.map(n => at(n, notes.get(n.id))) };
    }
    case "connect": {
      const { replaces } = edit;
      const kept = replaces ? graph.edges.filter(e => !same(e, replaces)) : graph.edges;
      return { ...graph, edges: withEdge(graph, kept, edit.edge) };
    }
    case "delete": {
      const nodes = new Set(edit.nodes);
      const notes = new Set(edit.notes);
      const edges = new Set(edit.edges.map(edgeKey));
      return {
        ...graph, nodes: graph.nodes.filter(n => !nodes.has(n.id)), notes: graph.notes.filter(n => !notes.has(n.id)),
        edges: graph.edges.filter(e => !nodes.has(e.source) && !nodes.has(e.target) && !edges.has(edgeKey(e))),
      };
    }
    case "add": {
      const component = catalog?.components.find(c => c.type === edit.component);
      if (!component || graph.nodes.some(n => n.id === edit.id)) return graph;
      let next: Graph = { ...graph, nodes: [...graph.nodes, fresh(edit.id, component, edit.x, edit.y)] };
      if (edit.into) next = put(next, edit.id, edit.into);
      if (edit.join) {
        const { nodeId, port, side, newPort } = edit.join;
        const edge = side === "output" ? { source: nodeId, sourcePort: port, target: edit.id, targetPort: newPort } : { source: edit.id, sourcePort: newPort, target: nodeId, targetPort: port };
        next = { ...next, edges: withEdge(next, next.edges, edge) };
      }
      return next;
    }
    case "insert":
      return put({ ...graph, nodes: graph.nodes.map(n => n.id === edit.nodeId ? { ...n, x: edit.x, y: edit.y } : n) }, edit.nodeId, edit.into);
    case "rename": {
      const shown = (n: CanvasNode) => edit.title || (catalog?.components.find(c => c.type === n.type)?.title ?? n.title);
      return { ...graph, nodes: graph.nodes.map(n => n.id === edit.nodeId ? { ...n, title: shown(n) } : n) };
    }
    case "bypass": {
      const nodes = new Set(edit.nodes);
      return { ...graph, nodes: graph.nodes.map(n => nodes.has(n.id) && n.disabled !== edit.disabled ? { ...n, disabled: edit.disabled } : n) };
    }
    case "addNote":
      if (graph.notes.some(n => n.id === edit.id)) return graph;
      return { ...graph, notes: [...graph.notes, { id: edit.id, x: edit.x, y: edit.y, width: edit.width, height: edit.height, text: edit.text, html: null, color: null }] };
    case "noteChanged":
      return { ...graph, notes: graph.notes.map(n => n.id === edit.id ? changed(n, edit) : n) };
  }
}

function at<T extends { x: number; y: number }>(item: T, to: { x: number; y: number } | undefined): T {
  return to && (to.x !== item.x || to.y !== item.y) ? { ...item, x: to.x, y: to.y } : item;
}

function changed(note: CanvasNote, edit: Extract<Edit, { type: "noteChanged" }>): CanvasNote {
  return {
    ...note, ...edit.box, color: edit.color === null ? note.color : edit.color || null,
    // Markdown becomes HTML on the server alone; until its answer the words stand as they were typed.
    ...(edit.text === null || edit.text === note.text ? {} : { text: edit.text, html: null }),
  };
}

function withEdge(graph: Graph, edges: CanvasEdge[], edge: EdgeRef): CanvasEdge[] {
  const source = graph.nodes.find(n => n.id === edge.source);
  if (!source || !graph.nodes.some(n => n.id === edge.target) || edges.some(e => same(e, edge))) return edges;
  return [...edges, { ...edgeRef(edge), type: outputType(source, edge.sourcePort) }];
}

function put(graph: Graph, nodeId: string, { edge, input, output }: Into): Graph {
  if (!graph.edges.some(e => same(e, edge))) return graph;
  const rest = graph.edges.filter(e => !same(e, edge));
  const first = withEdge(graph, rest, { source: edge.source, sourcePort: edge.sourcePort, target: nodeId, targetPort: input });
  return { ...graph, edges: withEdge(graph, first, { source: nodeId, sourcePort: output, target: edge.target, targetPort: edge.targetPort }) };
}

function fresh(id: string, component: CanvasComponent, x: number, y: number): CanvasNode {
  return {
    id, type: component.type, title: component.title, kind: component.kind, icon: component.icon, known: true, x, y, settings: [], inputs: component.inputs, outputs: component.outputs,
    source: JSON.stringify({ id, type: component.type, title: component.title, position: { x, y }, settings: {} }),
    tool: component.canBeTool ? { name: toolPort, label: "Tool", type: "tool" } : null, disabled: false, pinned: false, problems: [],
  };
}

/** The new graph, with every node, note and edge that did not change taken from the old one: what is the same object is not drawn again. */
export function keepSame(old: Graph | null, next: Graph): Graph {
  if (old === null) return next;
  return {
    ...next,
    nodes: reuse(old.nodes, next.nodes, n => n.id), notes: reuse(old.notes, next.notes, n => n.id), edges: reuse(old.edges, next.edges, edgeKey),
  };
}

function reuse<T>(old: T[], next: T[], key: (item: T) => string): T[] {
  const known = new Map(old.map(item => [key(item), item]));
  const kept = next.map(item => {
    const before = known.get(key(item));
    return before !== undefined && equal(before, item) ? before : item;
  });
  return kept.length === old.length && kept.every((item, i) => item === old[i]) ? old : kept;
}

function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every(k => equal((a as Record<string, unknown>)[k], (b as Record<string, unknown>)[k]));
}
