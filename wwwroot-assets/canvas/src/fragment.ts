import type { Graph } from "./types";

export interface Chosen { nodes: string[]; notes: string[]; }

/** A piece of the flow as text for the clipboard: `{"flowstudio":"nodes",…}`, written as in a flow's file. Null when there is nothing to copy. */
export function fragmentOf(graph: Graph, chosen: Chosen): string | null {
  const ids = new Set(chosen.nodes);
  const notes = new Set(chosen.notes);
  const nodes = graph.nodes.filter(n => ids.has(n.id)).map(n => ({ ...JSON.parse(n.source) as object, position: { x: n.x, y: n.y } }));
  const copied = graph.notes.filter(n => notes.has(n.id))
    .map(n => ({ id: n.id, text: n.text, position: { x: n.x, y: n.y }, width: n.width, height: n.height, ...(n.color === null ? {} : { color: n.color }) }));
  if (nodes.length + copied.length === 0) return null;
  const edges = graph.edges.filter(e => ids.has(e.source) && ids.has(e.target))
    .map(e => ({ from: { node: e.source, port: e.sourcePort }, to: { node: e.target, port: e.targetPort } }));
  return JSON.stringify({ flowstudio: "nodes", nodes, edges, notes: copied });
}

/** Whether a text is a piece of a flow; what is in it the server reads. */
export function isFragment(text: string): boolean {
  if (!/^\s*\{/.test(text) || !text.includes('"flowstudio"')) return false;
  try {
    return (JSON.parse(text) as { flowstudio?: unknown }).flowstudio === "nodes";
  } catch {
    return false;
  }
}
