import { Background, BackgroundVariant, MiniMap, ReactFlow, useEdgesState, useNodesState, useReactFlow, type MiniMapNodeProps, type OnSelectionChangeFunc } from "@xyflow/react";
import { useCallback, useEffect, useRef, useSyncExternalStore } from "react";
import { ComponentNode, type ComponentNodeType } from "./ComponentNode";
import { useCanvas } from "./context";
import { Controls, fitOptions } from "./Controls";
import { FlowEdge, type FlowEdgeType } from "./FlowEdge";
import { NoteNode, type NoteNodeType } from "./NoteNode";
import { useNodeState } from "./store";
import type { Graph } from "./types";

type ViewNode = ComponentNodeType | NoteNodeType;

const nodeTypes = { component: ComponentNode, note: NoteNode };
const edgeTypes = { flow: FlowEdge };

/** The flow, to look at: nothing moves or connects yet, but positions and edges already live in React Flow's own state, where editing changes them. */
export function FlowCanvas() {
  const { store, bridge } = useCanvas();
  const graph = useSyncExternalStore(store.subscribe, store.getGraph);
  const selected = useSyncExternalStore(store.subscribe, store.getSelected);
  const fits = useSyncExternalStore(store.subscribe, store.getFits);
  const [nodes, setNodes, onNodesChange] = useNodesState<ViewNode>([]);
  const [edges, setEdges, onEdgesChange] = useEdgesState<FlowEdgeType>([]);
  const { fitView, setViewport, setCenter, getInternalNode, viewportInitialized } = useReactFlow();
  const placed = useRef<Graph | null>(null);

  useEffect(() => {
    if (graph === null) return;
    setNodes(viewNodes(graph, store.getSelected()));
    setEdges(graph.edges.map(e => ({
      id: JSON.stringify([e.source, e.sourcePort, e.target, e.targetPort]), type: "flow", source: e.source, sourceHandle: e.sourcePort, target: e.target, targetHandle: e.targetPort, data: { type: e.type },
    })));
  }, [graph, store, setNodes, setEdges]);

  // The first graph is shown whole, or where its author left it; later ones keep the view that is being looked at.
  useEffect(() => {
    if (graph === null || !viewportInitialized || nodes.length === 0 || placed.current !== null) return;
    placed.current = graph;
    if (graph.viewport) void setViewport(graph.viewport);
    else requestAnimationFrame(() => void fitView(fitOptions));
  }, [graph, nodes, viewportInitialized, fitView, setViewport]);

  useEffect(() => { if (fits > 0) void fitView(fitOptions); }, [fits, fitView]);

  useEffect(() => {
    setNodes(all => all.map(n => n.selected === (n.id === selected) ? n : { ...n, selected: n.id === selected }));
  }, [selected, setNodes]);

  const onSelectionChange: OnSelectionChangeFunc<ViewNode, FlowEdgeType> = useCallback(({ nodes: picked }) => {
    const nodeId = picked.find(n => n.type === "component")?.id ?? null;
    if (nodeId === store.getSelected()) return;
    store.select(nodeId);
    bridge.send({ type: "selected", nodes: nodeId === null ? [] : [nodeId], notes: [], edges: [] });
  }, [store, bridge]);

  // Jumping to a node from the log or the list of problems must bring it into sight.
  useEffect(() => {
    const node = selected === null ? undefined : getInternalNode(selected);
    if (!node) return;
    const element = document.querySelector(`.react-flow__node[data-id="${CSS.escape(selected ?? "")}"]`);
    const frame = element?.closest(".react-flow")?.getBoundingClientRect();
    const box = element?.getBoundingClientRect();
    if (!frame || !box || (box.left >= frame.left && box.right <= frame.right && box.top >= frame.top && box.bottom <= frame.bottom)) return;
    const { x, y } = node.internals.positionAbsolute;
    void setCenter(x + (node.measured.width ?? 0) / 2, y + (node.measured.height ?? 0) / 2, { zoom: 1 });
  }, [selected, getInternalNode, setCenter]);

  return (
    <ReactFlow nodes={nodes} edges={edges} nodeTypes={nodeTypes} edgeTypes={edgeTypes} onNodesChange={onNodesChange} onEdgesChange={onEdgesChange}
      onSelectionChange={onSelectionChange} nodesDraggable={false} nodesConnectable={false} edgesFocusable={false} deleteKeyCode={null} multiSelectionKeyCode={null}
      selectionKeyCode={null} minZoom={0.2} maxZoom={2} proOptions={{ hideAttribution: true }} panOnScroll zoomOnScroll={false} aria-label="Flow">
      <Background variant={BackgroundVariant.Dots} gap={20} size={2} />
      <Controls />
      {nodes.length > 0 && <MiniMap<ViewNode> position="bottom-right" pannable zoomable style={{ width: 140, height: 84 }} nodeBorderRadius={12} offsetScale={4} nodeComponent={MapNode} ariaLabel="Overview" />}
    </ReactFlow>
  );
}

function viewNodes(graph: Graph, selected: string | null): ViewNode[] {
  return [
    ...graph.notes.map((note): NoteNodeType => ({
      id: note.id, type: "note", position: { x: note.x, y: note.y }, width: note.width, height: note.height, data: { note }, selectable: false, focusable: false, zIndex: -1,
    })),
    ...graph.nodes.map((component): ComponentNodeType => ({
      id: component.id, type: "component", position: { x: component.x, y: component.y }, data: { component }, selected: component.id === selected, ariaLabel: component.title,
    })),
  ];
}

function MapNode({ id, x, y, width, height, borderRadius }: MiniMapNodeProps) {
  const { store } = useCanvas();
  const state = useNodeState(store, id);
  return <rect className={`react-flow__minimap-node ${state?.status ?? ""}`} x={x} y={y} width={width} height={height} rx={borderRadius} ry={borderRadius} />;
}
