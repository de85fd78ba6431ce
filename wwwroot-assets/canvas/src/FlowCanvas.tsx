import {
  Background, BackgroundVariant, ConnectionMode, MiniMap, ReactFlow, SelectionMode, useReactFlow, type Connection, type FinalConnectionState, type MiniMapNodeProps, type OnConnectStart,
} from "@xyflow/react";
import { useCallback, useEffect, useRef, useState, type DragEvent } from "react";
import { Actions } from "./actions";
import { grid } from "./arrange";
import { ComponentNode } from "./ComponentNode";
import { useCanvas } from "./context";
import { Controls, SelectionBar } from "./Controls";
import { dragged, dragType } from "./drag";
import { FlowEdge } from "./FlowEdge";
import { edgeRef } from "./graph";
import { listen } from "./keys";
import { between, edgeBetween, portOn, refusal, type End } from "./matrix";
import { NoteNode } from "./NoteNode";
import { DrawnEdge, OfflineMark, WhyNot, Words } from "./Overlays";
import { Picker } from "./Picker";
import { useNodeState, useStored } from "./store";
import type { EdgeRef, Into } from "./types";
import { useFlow } from "./useFlow";
import type { FlowEdgeType, ViewNode } from "./view";

const nodeTypes = { component: ComponentNode, note: NoteNode };
const edgeTypes = { flow: FlowEdge };
const middleButton = [1];
const severalKeys = ["Meta", "Control", "Shift"];
const snapGrid: [number, number] = [grid, grid];

const refOf = (c: Connection | FlowEdgeType): EdgeRef => ({ source: c.source, sourcePort: c.sourceHandle ?? "", target: c.target, targetPort: c.targetHandle ?? "" });
const pointOf = (event: MouseEvent | TouchEvent) => "changedTouches" in event ? event.changedTouches[0] ?? { clientX: 0, clientY: 0 } : event;

/** The flow, to look at and to change. Gestures live here until they end; then one message tells the server what was done. */
export function FlowCanvas() {
  const { store, bridge, session, actions } = useCanvas();
  const flow = useReactFlow<ViewNode, FlowEdgeType>();
  const gesture = useRef(false);
  const [frame, setFrame] = useState<HTMLDivElement | null>(null);
  const { nodes, edges, onNodesChange, onEdgesChange, draw, tell } = useFlow(gesture);
  const editable = useStored(store, store.getEditable);
  const snapping = useStored(store, store.getSnap);
  const drawing = useStored(store, () => store.getDrawing() !== null);
  const byKeys = useStored(store, () => store.getDrawing()?.keyboard ?? false);
  const settled = useStored(store, store.getGraph) !== null;
  const looked = useRef<ReturnType<typeof setTimeout> | null>(null);
  const reconnected = useRef<EdgeRef | null>(null);

  /** While the hand is at work nothing is redrawn under it; what came meanwhile is shown after. */
  const busy = useCallback((now: boolean) => {
    gesture.current = now;
    if (now) return;
    draw();
    requestAnimationFrame(tell);
  }, [draw, tell]);

  useEffect(() => {
    if (frame === null) return;
    const own = new Actions(store, session, bridge, flow, frame, busy);
    actions.current = own;
    const stop = listen(own, store, bridge);
    return () => {
      stop();
      if (actions.current === own) actions.current = null;
    };
  }, [frame, store, session, bridge, flow, busy, actions]);

  // Edges

  const onConnectStart: OnConnectStart = useCallback((_, { nodeId, handleId, handleType }) => {
    gesture.current = true;
    store.say(null);
    if (nodeId !== null && handleType !== null) store.draw({ nodeId, port: handleId ?? "", side: handleType === "source" ? "output" : "input" }, false, reconnected.current);
  }, [store]);

  const onConnect = useCallback((connection: Connection) => { actions.current?.connect(refOf(connection)); }, [actions]);

  const onConnectEnd = useCallback((event: MouseEvent | TouchEvent, state: FinalConnectionState) => {
    const from: End | null = store.getDrawing()?.from ?? null;
    store.draw(null);
    busy(false);
    const own = actions.current;
    const graph = store.getGraph();
    if (reconnected.current !== null || state.isValid || from === null || !own || !graph) return;
    const { clientX, clientY } = pointOf(event);
    const at = { x: clientX, y: clientY };
    if (state.toHandle) {
      const end = state.toHandle;
      const side = end.type === "source" ? "output" : "input";
      if (end.nodeId === from.nodeId && side === from.side) return;
      if (side === from.side) return own.say(side === "input" ? "An edge ends at an output." : "An edge ends at an input.", at);
      const why = refusal(graph, store.getCatalog(), edgeBetween(from, end.nodeId, end.id ?? ""));
      if (why !== null) own.say(why, at);
      return;
    }
    const over = document.elementFromPoint(clientX, clientY)?.closest<HTMLElement>(".react-flow__node-component")?.dataset["id"];
    if (over === from.nodeId) return;
    if (over !== undefined) {
      const port = portOn(graph, store.getCatalog(), from, over);
      if (port !== null) own.connect(edgeBetween(from, over, port));
      else own.say(`Nothing of ${graph.nodes.find(n => n.id === over)?.title ?? over} fits there.`, at);
      return;
    }
    const box = own.frame.getBoundingClientRect();
    const place = flow.screenToFlowPosition(at, { snapToGrid: false });
    store.pick({ at: { from }, ...place, left: clientX - box.left, top: clientY - box.top });
  }, [store, busy, actions, flow]);

  const isValidConnection = useCallback((c: Connection | FlowEdgeType) => {
    const graph = store.getGraph();
    return graph !== null && refusal(graph, store.getCatalog(), refOf(c), reconnected.current) === null;
  }, [store]);

  const onReconnect = useCallback((old: FlowEdgeType, connection: Connection) => {
    if (old.data) actions.current?.connect(refOf(connection), edgeRef(old.data.edge));
  }, [actions]);

  // Nodes

  const onNodeDrag = useCallback((_: unknown, node: ViewNode, all: ViewNode[]) => {
    store.dropOn(all.length === 1 ? intoUnder(node)?.id ?? null : null);
  }, [store]); // eslint-disable-line

  const intoUnder = (node: ViewNode): { id: string; into: Into } | null => {
    const graph = store.getGraph();
    const at = actions.current?.pointer;
    if (!graph || !at || node.type !== "component" || graph.edges.some(e => e.source === node.id || e.target === node.id)) return null;
    return edgeAt(at, edge => between(graph, store.getCatalog(), edge, node.data.component));
  };

  /** The edge under a point of the window that something can be put into. */
  const edgeAt = (at: { x: number; y: number }, intoOf: (edge: EdgeRef) => Into | null): { id: string; into: Into } | null => {
    for (const element of document.elementsFromPoint(at.x, at.y)) {
      const id = element.closest<SVGElement>(".react-flow__edge")?.dataset["id"];
      const edge = id === undefined ? undefined : flow.getEdge(id)?.data?.edge;
      const into = edge && intoOf(edgeRef(edge));
      if (id !== undefined && into) return { id, into };
    }
    return null;
  };

  const onNodeDragStop = useCallback((_: unknown, node: ViewNode, all: ViewNode[]) => {
    const into = all.length === 1 ? intoUnder(node) : null;
    store.dropOn(null);
    if (into) session.edit({ type: "insert", nodeId: node.id, x: node.position.x, y: node.position.y, into: into.into });
    else actions.current?.moved(all);
    busy(false);
  }, [store, session, actions, busy]); // eslint-disable-line

  // From the palette

  const componentOf = (event: DragEvent) => event.dataTransfer.types.includes(dragType) ? dragged() : undefined;

  const intoFor = (type: string, event: DragEvent) => {
    const graph = store.getGraph();
    const component = store.getCatalog()?.components.find(c => c.type === type);
    return graph && component ? edgeAt({ x: event.clientX, y: event.clientY }, edge => between(graph, store.getCatalog(), edge, component)) : null;
  };

  const onDragOver = (event: DragEvent) => {
    if (!editable || !event.dataTransfer.types.includes(dragType)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    const type = componentOf(event);
    store.dropOn(type === undefined ? null : intoFor(type, event)?.id ?? null);
  };

  const onDrop = (event: DragEvent) => {
    const type = event.dataTransfer.getData(dragType);
    if (!editable || type === "") return;
    event.preventDefault();
    const into = intoFor(type, event)?.into ?? null;
    store.dropOn(null);
    // The keys that follow are meant for what was just put here, not for the palette.
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    const { x, y } = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY }, { snapToGrid: false });
    actions.current?.add(type, x, y, into);
  };

  const chosen = nodes.filter(n => n.selected).length;
  return (
    <div ref={setFrame} className={`canvas-frame ${drawing ? "drawing" : ""}`} onDragOver={onDragOver} onDrop={onDrop} onDragLeave={() => store.dropOn(null)}
      onPointerMove={event => { if (actions.current) actions.current.pointer = { x: event.clientX, y: event.clientY }; }}
      onPointerLeave={() => { if (actions.current) actions.current.pointer = null; }}
      onPointerDownCapture={() => actions.current?.settle()}>
      <ReactFlow<ViewNode, FlowEdgeType> nodes={nodes} edges={edges} nodeTypes={nodeTypes} edgeTypes={edgeTypes} onNodesChange={onNodesChange} onEdgesChange={onEdgesChange}
        nodesDraggable={editable} nodesConnectable={editable} edgesReconnectable={editable} connectionMode={ConnectionMode.Strict} connectionRadius={24} connectOnClick={false}
        onConnectStart={onConnectStart} onConnect={onConnect} onConnectEnd={onConnectEnd} isValidConnection={isValidConnection} connectionLineComponent={DrawnEdge}
        onReconnectStart={(_, edge) => { reconnected.current = edge.data ? edgeRef(edge.data.edge) : null; }} onReconnect={onReconnect} onReconnectEnd={() => { reconnected.current = null; store.draw(null); busy(false); }}
        onNodeDragStart={() => { actions.current?.settle(); gesture.current = true; }} onNodeDrag={onNodeDrag} onNodeDragStop={onNodeDragStop}
        onSelectionDragStart={() => { gesture.current = true; }} onSelectionDragStop={(_, all) => { actions.current?.moved(all); busy(false); }}
        onSelectionStart={() => { gesture.current = true; }} onSelectionEnd={() => busy(false)} onSelectionChange={() => requestAnimationFrame(tell)}
        onEdgeMouseEnter={(_, edge) => store.hoverEdge(edge.id)} onEdgeMouseLeave={() => store.hoverEdge(null)}
        onMoveEnd={() => {
          if (looked.current !== null) clearTimeout(looked.current);
          looked.current = setTimeout(() => { if (editable && store.getOnline()) bridge.send({ type: "viewport", ...flow.getViewport() }); }, 600);
        }}
        snapToGrid={snapping} snapGrid={snapGrid} deleteKeyCode={null} multiSelectionKeyCode={severalKeys} selectionKeyCode="Shift" selectionOnDrag selectionMode={SelectionMode.Partial}
        panOnDrag={middleButton} panActivationKeyCode="Space" panOnScroll zoomOnScroll={false} zoomOnDoubleClick={false} disableKeyboardA11y edgesFocusable={false} nodesFocusable={!byKeys}
        minZoom={0.1} maxZoom={2} proOptions={{ hideAttribution: true }} aria-label="Flow">
        <Background variant={BackgroundVariant.Dots} gap={20} size={2} />
        <Controls />
        {editable && chosen > 1 && <SelectionBar count={chosen} />}
        {nodes.length > 0 && <MiniMap<ViewNode> position="bottom-right" pannable zoomable style={{ width: 140, height: 84 }} nodeBorderRadius={12} offsetScale={4} nodeComponent={MapNode} ariaLabel="Overview" />}
      </ReactFlow>
      {editable && settled && nodes.length === 0 && <EmptyCanvas />}
      {frame && <><WhyNot frame={frame} /><Words frame={frame} /><Picker frame={frame} /></>}
      <OfflineMark />
    </div>
  );
}

function EmptyCanvas() {
  const { bridge } = useCanvas();
  return (
    <div className="canvas-empty">
      <p><b>Begin with what starts the flow</b></p>
      <p>Drag a Webhook or a Chat Input here, or press <button type="button" className="link" onClick={() => bridge.send({ type: "command", name: "search" })}><kbd>/</kbd> to find a component</button>.</p>
    </div>
  );
}

function MapNode({ id, x, y, width, height, borderRadius, selected }: MiniMapNodeProps) {
  const { store } = useCanvas();
  const state = useNodeState(store, id);
  const note = id.startsWith("note/");
  return <rect className={`react-flow__minimap-node ${note ? "note" : state?.status ?? ""} ${selected ? "selected" : ""}`} x={x} y={y} width={width} height={height} rx={borderRadius} ry={borderRadius} />;
}
