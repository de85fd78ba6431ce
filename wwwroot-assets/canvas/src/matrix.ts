// What may be connected, as far as the browser can tell: the server has the last word (ConnectionRules.cs).
import { edgeKey, edgeRef, outputType, toolPort } from "./graph";
import type { CanvasComponent, CanvasInput, CanvasNode, CanvasOutput, Catalog, EdgeRef, Graph, Into, PortType } from "./types";

export const typeNames: Record<PortType, string> = {
  message: "Message", data: "Data", table: "Table", number: "Number", boolean: "Boolean", model: "Model", tool: "Tool", any: "anything",
};

const isPart = (type: PortType) => type === "model" || type === "tool";

/** Whether a type flows into an input as it is or by a conversion that loses nothing. */
export function fits(catalog: Catalog | null, from: PortType, to: CanvasInput): boolean {
  if (to.accepts.length === 0) return !isPart(from);
  if (catalog === null) return to.accepts.includes(from);
  const reach = catalog.conversions.find(c => c.from === from)?.to ?? [from];
  return to.accepts.some(t => reach.includes(t));
}

/** Why an edge cannot be drawn, in words; null when it can. `replacing` is the edge that it takes the place of. */
export function refusal(graph: Graph, catalog: Catalog | null, edge: EdgeRef, replacing: EdgeRef | null = null): string | null {
  const source = graph.nodes.find(n => n.id === edge.source);
  const target = graph.nodes.find(n => n.id === edge.target);
  const input = target?.inputs.find(i => i.name === edge.targetPort);
  if (!source || !target || !input) return "One of the two ports is not there any more.";
  const key = edgeKey(edge);
  if (graph.edges.some(e => edgeKey(e) === key)) return "These two ports are connected already.";
  const type = outputType(source, edge.sourcePort);
  if (!fits(catalog, type, input)) {
    const output = source.outputs.find(o => o.name === edge.sourcePort)?.label ?? edge.sourcePort;
    const wanted = input.accepts.map(t => typeNames[t]).join(" or ") || "anything but models and tools";
    const advice = (type === "data" || type === "table") && input.accepts.includes("message") ? " Put a Data to Message between them." : "";
    return `${output} gives ${typeNames[type]}; ${input.label} takes ${wanted}.${advice}`;
  }
  if (edge.source === edge.target && !input.returns) return `${source.title} would feed itself. To repeat something, use a Loop.`;
  if (!input.returns && leadsTo(graph, edge.target, edge.source, replacing)) return "The flow would run in a circle. To repeat something, use a Loop.";
  return null;
}

/** Whether one node is before another, going by all edges but those that close a loop. */
function leadsTo(graph: Graph, from: string, to: string, without: EdgeRef | null): boolean {
  const returns = new Set(graph.nodes.flatMap(n => n.inputs.filter(i => i.returns).map(i => JSON.stringify([n.id, i.name]))));
  const skipped = without && edgeKey(without);
  const next = new Map<string, string[]>();
  for (const e of graph.edges) {
    if (edgeKey(e) === skipped || returns.has(JSON.stringify([e.target, e.targetPort]))) continue;
    const list = next.get(e.source);
    if (list) list.push(e.target);
    else next.set(e.source, [e.target]);
  }
  const seen = new Set<string>();
  const open = [from];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node === to) return true;
    if (seen.has(node)) continue;
    seen.add(node);
    open.push(...next.get(node) ?? []);
  }
  return false;
}

/** One end of an edge that is being drawn. */
export interface End { nodeId: string; port: string; side: "input" | "output"; }

export function edgeBetween(from: End, nodeId: string, port: string): EdgeRef {
  return from.side === "output" ? { source: from.nodeId, sourcePort: from.port, target: nodeId, targetPort: port } : { source: nodeId, sourcePort: port, target: from.nodeId, targetPort: from.port };
}

export const portKey = (nodeId: string, side: "input" | "output", port: string) => JSON.stringify([nodeId, side, port]);

/** Every port that an edge from here could end at. */
export function fitting(graph: Graph, catalog: Catalog | null, from: End, replacing: EdgeRef | null = null): Set<string> {
  const found = new Set<string>();
  const side = from.side === "output" ? "input" : "output";
  for (const node of graph.nodes)
    for (const port of side === "input" ? node.inputs : outputsOf(node))
      if (refusal(graph, catalog, edgeBetween(from, node.id, port.name), replacing) === null) found.add(portKey(node.id, side, port.name));
  return found;
}

const outputsOf = (node: CanvasNode): CanvasOutput[] => node.tool ? [...node.outputs, node.tool] : node.outputs;

/** The port of a node that an edge dropped on its body means: the first that fits, one without an edge first. */
export function portOn(graph: Graph, catalog: Catalog | null, from: End, nodeId: string): string | null {
  const node = graph.nodes.find(n => n.id === nodeId);
  if (!node) return null;
  const ports: { name: string }[] = from.side === "output" ? node.inputs : outputsOf(node);
  const possible = ports.filter(p => refusal(graph, catalog, edgeBetween(from, nodeId, p.name)) === null);
  const free = possible.find(p => from.side === "input" || !graph.edges.some(e => e.target === nodeId && e.targetPort === p.name));
  return (free ?? possible[0])?.name ?? null;
}

/** The edge that a new one into this port pushes out: an input that takes one has room for one. */
export function replacedBy(graph: Graph, edge: EdgeRef): EdgeRef | null {
  const input = graph.nodes.find(n => n.id === edge.target)?.inputs.find(i => i.name === edge.targetPort);
  const old = input && !input.many ? graph.edges.find(e => e.target === edge.target && e.targetPort === edge.targetPort) : undefined;
  return old ? edgeRef(old) : null;
}

/** The ports by which a node goes into an edge; null when it does not fit there. */
export function between(graph: Graph, catalog: Catalog | null, edge: EdgeRef, node: { inputs: CanvasInput[]; outputs: CanvasOutput[] }): Into | null {
  const type = outputType(graph.nodes.find(n => n.id === edge.source), edge.sourcePort);
  const target = graph.nodes.find(n => n.id === edge.target)?.inputs.find(i => i.name === edge.targetPort);
  const input = node.inputs.find(i => !i.returns && fits(catalog, type, i));
  const output = target && node.outputs.find(o => fits(catalog, o.type, target));
  return input && output ? { edge, input: input.name, output: output.name } : null;
}

export interface Choice { component: CanvasComponent; port: string; into: Into | null; }

/** What can be put at the end of a new edge, or into an edge; in the palette's order. */
export function choices(graph: Graph, catalog: Catalog, at: { from: End } | { edge: EdgeRef } | null): Choice[] {
  if (at === null) return catalog.components.map(component => ({ component, port: "", into: null }));
  if ("edge" in at) {
    return catalog.components.flatMap(component => {
      const into = between(graph, catalog, at.edge, component);
      return into ? [{ component, port: into.input, into }] : [];
    });
  }
  const node = graph.nodes.find(n => n.id === at.from.nodeId);
  if (at.from.side === "output") {
    const type = outputType(node, at.from.port);
    return catalog.components.flatMap(component => {
      const port = component.inputs.find(i => !i.returns && fits(catalog, type, i));
      return port ? [{ component, port: port.name, into: null }] : [];
    });
  }
  const input = node?.inputs.find(i => i.name === at.from.port);
  if (!input) return [];
  return catalog.components.flatMap(component => {
    const port = component.outputs.find(o => fits(catalog, o.type, input))?.name ?? (component.canBeTool && fits(catalog, "tool", input) ? toolPort : null);
    return port === null ? [] : [{ component, port, into: null }];
  });
}

/** Those whose title, type or line of words has every word typed; titles that begin with it first. */
export function search(all: Choice[], words: string): Choice[] {
  const parts = words.toLowerCase().split(/\s+/).filter(p => p !== "");
  if (parts.length === 0) return all;
  const rank = ({ component: c }: Choice) => c.title.toLowerCase().startsWith(parts[0] ?? "") ? 0 : c.title.toLowerCase().includes(parts[0] ?? "") ? 1 : 2;
  return all.filter(({ component: c }) => parts.every(p => `${c.title} ${c.type} ${c.summary}`.toLowerCase().includes(p))).sort((a, b) => rank(a) - rank(b));
}
