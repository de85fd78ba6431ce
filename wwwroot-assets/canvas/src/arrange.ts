import { Graph as Layered, layout } from "@dagrejs/dagre";
import type { EdgeRef, Placed } from "./types";

export interface Box { id: string; x: number; y: number; width: number; height: number; }
export type Alignment = "left" | "center" | "right" | "top" | "middle" | "bottom";

export const grid = 20;
export const snap = (value: number) => Math.round(value / grid) * grid;

/** In columns from left to right, edges going right; the upper left corner stays where it was. Those without edges come below. */
export function arrange(boxes: Box[], edges: EdgeRef[]): Placed[] {
  if (boxes.length === 0) return [];
  const ids = new Set(boxes.map(b => b.id));
  const inner = edges.filter(e => ids.has(e.source) && ids.has(e.target) && e.source !== e.target);
  const wired = new Set(inner.flatMap(e => [e.source, e.target]));
  const graph = new Layered({ multigraph: true });
  graph.setGraph({ rankdir: "LR", ranksep: 80, nodesep: 40, ranker: "network-simplex" });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const box of boxes) if (wired.has(box.id)) graph.setNode(box.id, { width: box.width, height: box.height });
  inner.forEach((e, i) => graph.setEdge(e.source, e.target, {}, String(i)));
  if (wired.size > 0) layout(graph);
  const left = Math.min(...boxes.map(b => b.x));
  const top = Math.min(...boxes.map(b => b.y));
  const placed = boxes.filter(b => wired.has(b.id)).map(b => {
    const { x, y } = graph.node(b.id) as { x: number; y: number };
    return { id: b.id, x: x - b.width / 2, y: y - b.height / 2, height: b.height };
  });
  const minX = Math.min(...placed.map(p => p.x), Infinity);
  const minY = Math.min(...placed.map(p => p.y), Infinity);
  const result: Placed[] = placed.map(p => ({ id: p.id, x: snap(left + p.x - minX), y: snap(top + p.y - minY) }));
  const bottom = placed.length === 0 ? top : top + Math.max(...placed.map(p => p.y + p.height)) - minY + 60;
  let [x, y, row] = [left, bottom, 0];
  for (const box of boxes.filter(b => !wired.has(b.id))) {
    if (x > left && x + box.width > left + 1200) [x, y, row] = [left, y + row + 40, 0];
    result.push({ id: box.id, x: snap(x), y: snap(y) });
    x += box.width + 40;
    row = Math.max(row, box.height);
  }
  return result;
}

export function align(boxes: Box[], how: Alignment): Placed[] {
  const left = Math.min(...boxes.map(b => b.x));
  const right = Math.max(...boxes.map(b => b.x + b.width));
  const top = Math.min(...boxes.map(b => b.y));
  const bottom = Math.max(...boxes.map(b => b.y + b.height));
  return boxes.map(b => ({
    id: b.id,
    x: how === "left" ? left : how === "right" ? right - b.width : how === "center" ? Math.round((left + right - b.width) / 2) : b.x,
    y: how === "top" ? top : how === "bottom" ? bottom - b.height : how === "middle" ? Math.round((top + bottom - b.height) / 2) : b.y,
  }));
}

/** Equal gaps between them; the outermost stay. */
export function spread(boxes: Box[], along: "x" | "y"): Placed[] {
  const size = along === "x" ? "width" : "height";
  const sorted = [...boxes].sort((a, b) => a[along] - b[along]);
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (!first || !last || sorted.length < 3) return boxes.map(({ id, x, y }) => ({ id, x, y }));
  const room = last[along] + last[size] - first[along] - sorted.reduce((sum, b) => sum + b[size], 0);
  const gap = room / (sorted.length - 1);
  let next = first[along];
  return sorted.map(b => {
    const at = Math.round(next);
    next += b[size] + gap;
    return along === "x" ? { id: b.id, x: at, y: b.y } : { id: b.id, x: b.x, y: at };
  });
}
