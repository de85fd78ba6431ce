import type { Edge, Node, NodeProps } from "@xyflow/react";
import { edgeKey } from "./graph";
import type { CanvasEdge, CanvasNode, CanvasNote, EdgeRef, Graph } from "./types";

export type ComponentNodeType = Node<{ component: CanvasNode }, "component">;
export type NoteNodeType = Node<{ note: CanvasNote }, "note">;
export type ViewNode = ComponentNodeType | NoteNodeType;
export type FlowEdgeType = Edge<{ edge: CanvasEdge }, "flow">;

/** Nothing that a node draws depends on where it lies: of two hundred that are dragged none is drawn anew. */
export const looksTheSame = (a: Drawn, b: Drawn) => a.id === b.id && a.data === b.data && a.selected === b.selected && a.isConnectable === b.isConnectable;
type Drawn = Pick<NodeProps, "id" | "data" | "selected" | "isConnectable">;

/** Notes lie below all else, also when selected: what is selected is drawn a thousand higher. */
const under = -1001;

/** Notes and components share React Flow's list, their ids do not share a name. */
const noteMark = "note/";
export const noteViewId = (id: string) => noteMark + id;
export const viewId = (node: ViewNode) => node.type === "note" ? node.data.note.id : node.id;

/** The flow as React Flow draws it; what is the same stays the same object, and what is selected stays selected. */
export function viewNodes(graph: Graph, old: ViewNode[], select: (node: ViewNode) => boolean | null): ViewNode[] {
  const known = new Map(old.map(n => [n.id, n]));
  const all: ViewNode[] = [
    ...graph.notes.map(note => noteView(note, known.get(noteViewId(note.id)))),
    ...graph.nodes.map(component => componentView(component, known.get(component.id))),
  ];
  return all.map(node => {
    const wanted = select(node);
    return wanted === null || wanted === (node.selected ?? false) ? node : { ...node, selected: wanted };
  });
}

function componentView(component: CanvasNode, old: ViewNode | undefined): ComponentNodeType {
  if (old?.type !== "component") return { id: component.id, type: "component", position: { x: component.x, y: component.y }, data: { component }, ariaLabel: component.title };
  if (old.data.component === component && old.position.x === component.x && old.position.y === component.y) return old;
  return { ...old, position: { x: component.x, y: component.y }, data: { component }, ariaLabel: component.title };
}

function noteView(note: CanvasNote, old: ViewNode | undefined): NoteNodeType {
  const placed = { position: { x: note.x, y: note.y }, width: note.width, height: note.height, data: { note } };
  if (old?.type !== "note") return { id: noteViewId(note.id), type: "note", zIndex: under, ariaLabel: "Note", ...placed };
  if (old.data.note === note && old.position.x === note.x && old.position.y === note.y && old.width === note.width && old.height === note.height) return old;
  return { ...old, ...placed };
}

export function viewEdges(graph: Graph, old: FlowEdgeType[]): FlowEdgeType[] {
  const known = new Map(old.map(e => [e.id, e]));
  const titles = new Map(graph.nodes.map(n => [n.id, n.title]));
  return graph.edges.map(edge => {
    const id = edgeKey(edge);
    const before = known.get(id);
    if (before?.data?.edge === edge) return before;
    return {
      ...before, id, type: "flow", source: edge.source, sourceHandle: edge.sourcePort, target: edge.target, targetHandle: edge.targetPort, data: { edge },
      ariaLabel: `Edge from ${titles.get(edge.source) ?? edge.source} to ${titles.get(edge.target) ?? edge.target}`,
    };
  });
}

export interface Selection { nodes: string[]; notes: string[]; edges: EdgeRef[]; }

export function selectionOf(nodes: ViewNode[], edges: FlowEdgeType[]): Selection {
  return {
    nodes: nodes.filter(n => n.type === "component").map(viewId), notes: nodes.filter(n => n.type === "note").map(viewId),
    edges: edges.flatMap(e => e.data ? [{ source: e.data.edge.source, sourcePort: e.data.edge.sourcePort, target: e.data.edge.target, targetPort: e.data.edge.targetPort }] : []),
  };
}
