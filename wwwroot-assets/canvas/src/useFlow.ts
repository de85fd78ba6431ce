import { useEdgesState, useNodesInitialized, useNodesState, useReactFlow } from "@xyflow/react";
import { useCallback, useEffect, useRef, type RefObject } from "react";
import { fitOptions, nodeWidth } from "./actions";
import { useCanvas } from "./context";
import { edgeKey } from "./graph";
import { useStored, type Wanted } from "./store";
import type { Graph } from "./types";
import { noteViewId, selectionOf, viewEdges, viewNodes, type FlowEdgeType, type Selection, type ViewNode } from "./view";

const keyOf = (s: Selection) => JSON.stringify([[...s.nodes].sort(), [...s.notes].sort(), s.edges.map(edgeKey).sort()]);

/** Keeps React Flow's own lists after the flow: not while a gesture is in progress, and never touching what is selected or looked at. */
export function useFlow(gesture: RefObject<boolean>) {
  const { store, bridge, actions } = useCanvas();
  const graph = useStored(store, store.getGraph);
  const wanted = useStored(store, store.getWanted);
  const fits = useStored(store, store.getFits);
  const online = useStored(store, store.getOnline);
  const [nodes, setNodes, onNodesChange] = useNodesState<ViewNode>([]);
  const [edges, setEdges, onEdgesChange] = useEdgesState<FlowEdgeType>([]);
  const { fitView, setViewport, setCenter, getNodes, getEdges, viewportInitialized, getViewport } = useReactFlow<ViewNode, FlowEdgeType>();
  const measured = useNodesInitialized();
  const drawn = useRef<Graph | null>(null);
  const placed = useRef<string | null>(null);
  const told = useRef(keyOf({ nodes: [], notes: [], edges: [] }));

  const draw = useCallback(() => {
    const next = store.getGraph();
    if (next === null || gesture.current || drawn.current === next) return;
    drawn.current = next;
    const arriving = actions.current?.arriving ?? null;
    const come = (node: ViewNode) => arriving === null ? false : "id" in arriving ? node.id === arriving.id : !arriving.known.has(node.id);
    setNodes(old => {
      const all = viewNodes(next, old, () => null);
      if (arriving === null || !all.some(come)) return all;
      if (actions.current?.arriving === arriving) actions.current.arriving = null;
      if ("id" in arriving && arriving.focus) requestAnimationFrame(() => actions.current?.focusNode(arriving.id));
      return viewNodes(next, old, come);
    });
    setEdges(old => viewEdges(next, old));
  }, [store, gesture, actions, setNodes, setEdges]);

  useEffect(draw, [graph, draw]);

  // The first graph is shown whole, or where its author left it; later ones keep the view that is being looked at. An empty one has nothing to show:
  // what is then put on it must stay under the hand.
  useEffect(() => {
    if (graph === null || !viewportInitialized || placed.current === graph.flowId) return;
    if (graph.viewport) void setViewport(graph.viewport);
    else if (measured) void fitView(fitOptions);
    else if (graph.nodes.length + graph.notes.length > 0) return;
    placed.current = graph.flowId;
  }, [graph, measured, viewportInitialized, fitView, setViewport]);

  useEffect(() => { if (fits > 0) void fitView(fitOptions); }, [fits, fitView]);

  const reveal = useCallback(({ nodes: ids, notes }: Wanted) => {
    const views = new Set([...ids, ...notes.map(noteViewId)]);
    const chosen = getNodes().filter(n => views.has(n.id));
    const frame = actions.current?.frame;
    if (chosen.length === 0 || !frame) return;
    const left = Math.min(...chosen.map(n => n.position.x));
    const top = Math.min(...chosen.map(n => n.position.y));
    const right = Math.max(...chosen.map(n => n.position.x + (n.measured?.width ?? n.width ?? nodeWidth)));
    const bottom = Math.max(...chosen.map(n => n.position.y + (n.measured?.height ?? n.height ?? 100)));
    const { x, y, zoom } = getViewport();
    // Whose middle is in sight is not moved: it may just have been dropped there.
    const [middleX, middleY] = [(left + right) / 2 * zoom + x, (top + bottom) / 2 * zoom + y];
    if (middleX >= 0 && middleY >= 0 && middleX <= frame.clientWidth && middleY <= frame.clientHeight) return;
    if (chosen.length > 1) void fitView({ ...fitOptions, nodes: chosen.map(n => ({ id: n.id })) });
    else void setCenter((left + right) / 2, (top + bottom) / 2, { zoom: Math.max(zoom, 0.6) });
  }, [actions, getNodes, getViewport, fitView, setCenter]);

  // Jumping to a node from the log or the list of problems selects it and brings it into sight.
  useEffect(() => {
    if (wanted === null) return;
    told.current = keyOf(wanted);
    const views = new Set([...wanted.nodes, ...wanted.notes.map(noteViewId)]);
    const lines = new Set(wanted.edges.map(edgeKey));
    setNodes(all => all.map(n => (n.selected ?? false) === views.has(n.id) ? n : { ...n, selected: views.has(n.id) }));
    setEdges(all => all.map(e => (e.selected ?? false) === lines.has(e.id) ? e : { ...e, selected: lines.has(e.id) }));
    const frame = requestAnimationFrame(() => reveal(wanted));
    return () => cancelAnimationFrame(frame);
  }, [wanted, setNodes, setEdges, reveal]);

  /** Tells the server what is selected, once the hand has come to rest. */
  const tell = useCallback(() => {
    if (gesture.current || !store.getOnline()) return;
    const chosen = selectionOf(getNodes().filter(n => n.selected), getEdges().filter(e => e.selected));
    const key = keyOf(chosen);
    if (key === told.current) return;
    told.current = key;
    bridge.send({ type: "selected", ...chosen });
  }, [gesture, store, getNodes, getEdges, bridge]);
  useEffect(() => { if (online) tell(); }, [online, tell]);

  return { nodes, edges, setNodes, onNodesChange, onEdgesChange, draw, tell };
}
