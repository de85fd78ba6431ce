import { getBezierPath, useConnection, type ConnectionLineComponentProps } from "@xyflow/react";
import { useEffect } from "react";
import { useCanvas } from "./context";
import { edgeBetween, refusal, type End } from "./matrix";
import { outputType } from "./graph";
import { Icon } from "./Icon";
import { useStored } from "./store";
import type { ViewNode } from "./view";

/** How long words beside the pointer stay. */
const patience = 6000;

/** The edge while it is drawn, in the colour of what it will carry. */
export function DrawnEdge({ fromX, fromY, toX, toY, fromPosition, toPosition, connectionStatus, fromHandle, fromNode }: ConnectionLineComponentProps<ViewNode>) {
  const [path] = getBezierPath({ sourceX: fromX, sourceY: fromY, sourcePosition: fromPosition, targetX: toX, targetY: toY, targetPosition: toPosition });
  const { store } = useCanvas();
  const node = store.getGraph()?.nodes.find(n => n.id === fromNode.id);
  const type = fromHandle.type === "source" ? outputType(node, fromHandle.id ?? "") : node?.inputs.find(i => i.name === fromHandle.id)?.type ?? "any";
  return <path className={`flow-edge drawn react-flow__edge-path port-${type} ${connectionStatus ?? ""}`} d={path} fill="none" />;
}

/** Says beside the pointer why the edge does not fit where it points. */
export function WhyNot({ frame }: { frame: HTMLElement }) {
  const { store } = useCanvas();
  const { inProgress, isValid, toHandle, pointer } = useConnection(c => ({ inProgress: c.inProgress, isValid: c.isValid, toHandle: c.toHandle, pointer: c.pointer }));
  const drawing = useStored(store, store.getDrawing);
  const graph = useStored(store, store.getGraph);
  if (!inProgress || isValid !== false || !toHandle || !pointer || !drawing || !graph) return null;
  const end: End = { nodeId: toHandle.nodeId, port: toHandle.id ?? "", side: toHandle.type === "source" ? "output" : "input" };
  if (end.nodeId === drawing.from.nodeId && end.side === drawing.from.side) return null;
  const why = end.side === drawing.from.side ? (end.side === "input" ? "An edge ends at an output." : "An edge ends at an input.") : refusal(graph, store.getCatalog(), edgeBetween(drawing.from, end.nodeId, end.port));
  return why && <Bubble words={why} x={pointer.x} y={pointer.y} frame={frame} />;
}

/** What was not done, and why; until it is read or something else is done. */
export function Words({ frame }: { frame: HTMLElement }) {
  const { store } = useCanvas();
  const said = useStored(store, store.getSaid);
  useEffect(() => {
    if (said === null) return;
    const timer = setTimeout(() => store.say(null), patience);
    const away = () => store.say(null);
    document.addEventListener("pointerdown", away, true);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("pointerdown", away, true);
    };
  }, [said, store]);
  return <div role="status" className="canvas-words">{said && <Bubble {...said} frame={frame} />}</div>;
}

function Bubble({ words, x, y, frame }: { words: string; x: number | null; y: number | null; frame: HTMLElement }) {
  const width = Math.min(320, frame.clientWidth - 16);
  if (x === null || y === null) return <div className="canvas-bubble foot"><Icon name="ban" className="small" /><span>{words}</span></div>;
  const left = Math.max(8, Math.min(x + 14, frame.clientWidth - width - 8));
  const top = Math.max(8, Math.min(y + 18, frame.clientHeight - 72));
  return <div className="canvas-bubble" style={{ left, top, maxWidth: width }}><Icon name="ban" className="small" /><span>{words}</span></div>;
}

/** Without a server: that what is drawn is kept. */
export function OfflineMark() {
  const { store } = useCanvas();
  const online = useStored(store, store.getOnline);
  const kept = useStored(store, () => store.getKept().length);
  if (online && kept === 0) return null;
  const edits = kept === 0 ? "" : kept === 1 ? " One edit waits." : ` ${kept} edits wait.`;
  return (
    <div className="canvas-offline" role="status">
      <Icon name={online ? "loader-circle" : "wifi-off"} className={online ? "small spin" : "small"} />
      {online ? `Handing over what was drawn offline.${edits}` : `Offline. What you draw is kept in this browser and sent when the server is back.${edits}`}
    </div>
  );
}
