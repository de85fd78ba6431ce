import { Handle, Position, useNodeConnections, type Node, type NodeProps } from "@xyflow/react";
import { memo, useEffect, useState } from "react";
import { useCanvas } from "./context";
import { duration } from "./duration";
import { Icon } from "./Icon";
import { useNodeState, type HeardState } from "./store";
import type { CanvasNode, CanvasInput, CanvasOutput, NodeStatus, PortType } from "./types";

export type ComponentNodeType = Node<{ component: CanvasNode }, "component">;

/** Shape says what colour says: round for text, square for data, diamond for numbers and switches, bar for models and tools. */
const shapes: Record<PortType, string> = { message: "", any: "", data: "square", table: "square", number: "diamond", boolean: "diamond", model: "bar", tool: "bar" };

const typeNames: Record<PortType, string> = {
  message: "Message", data: "Data", table: "Table", number: "Number", boolean: "Boolean", model: "Model", tool: "Tool", any: "anything",
};

export const ComponentNode = memo(function ComponentNode({ id, data: { component }, isConnectable }: NodeProps<ComponentNodeType>) {
  const { store } = useCanvas();
  const state = useNodeState(store, id);
  return (
    <article className={`flow-node ${state?.status ?? ""} ${component.known ? "" : "unknown"}`}>
      <header className="flow-node-head">
        <span className={`tile ${component.kind}`}><Icon name={component.icon} /></span>
        <span className="flow-node-title" title={component.title}>{component.title}</span>
        {state && <Badge nodeId={id} state={state} />}
      </header>
      {component.settings.length > 0 &&
        <div className="flow-node-settings">
          {component.settings.map(s => <div key={s.label} title={s.value}>{s.label === "" ? s.value : <>{s.label} <b>{s.value}</b></>}</div>)}
        </div>}
      {component.inputs.length + component.outputs.length > 0 &&
        <div className="flow-node-ports">
          {component.inputs.map(p => <Port key={p.name} port={p} side="input" connectable={isConnectable} />)}
          {component.outputs.map(p => <Port key={p.name} port={p} side="output" connectable={isConnectable} />)}
        </div>}
    </article>
  );
});

function Port({ port, side, connectable }: { port: CanvasInput | CanvasOutput; side: "input" | "output"; connectable: boolean }) {
  const type = side === "input" ? "target" : "source";
  const connected = useNodeConnections({ handleType: type, handleId: port.name }).length > 0;
  return (
    <div className="flow-port-row" title={`${port.label}: ${typeNames[port.type]}`}>
      <div className={`flow-port ${side === "input" ? "in" : "out"}`}>{port.label}</div>
      <Handle id={port.name} type={type} position={side === "input" ? Position.Left : Position.Right} isConnectable={connectable}
        className={`flow-handle port-${port.type} ${shapes[port.type]} ${connected ? "connected" : ""}`} />
    </div>
  );
}

const badges: Record<NodeStatus, { icon: string | null; words: string }> = {
  pending: { icon: null, words: "pending" },
  running: { icon: "loader-circle", words: "running" },
  waiting: { icon: "hourglass", words: "waiting" },
  succeeded: { icon: "check", words: "succeeded" },
  failed: { icon: "circle-alert", words: "failed" },
  skipped: { icon: null, words: "skipped" },
};

function Badge({ nodeId, state }: { nodeId: string; state: HeardState }) {
  const { bridge, store } = useCanvas();
  const milliseconds = useClock(state);
  const { icon, words } = badges[state.status];
  const shown = state.status === "succeeded" || state.status === "running" ? (milliseconds === null ? words : duration(milliseconds)) : words;
  return (
    <button type="button" className={`flow-badge nodrag ${state.status}`} title={state.message ?? `${words}: show its input and output`}
      aria-label={`${words}${milliseconds === null ? "" : `, ${duration(milliseconds)}`}: show input and output`}
      onClick={event => {
        event.stopPropagation();
        store.select(nodeId);
        bridge.send({ type: "open", nodeId, show: "output" });
      }}>
      {icon && <Icon name={icon} className={state.status === "running" ? "spin" : ""} />}{shown}
    </button>
  );
}

/** The duration as it stands: while the node runs it goes on here, without a message per tick. */
function useClock(state: HeardState): number | null {
  const [now, setNow] = useState(() => performance.now());
  const ticking = state.status === "running" && state.durationMs !== null;
  useEffect(() => {
    if (!ticking) return;
    const timer = setInterval(() => setNow(performance.now()), 100);
    return () => clearInterval(timer);
  }, [ticking]);
  return ticking && state.durationMs !== null ? state.durationMs + Math.max(0, now - state.heardAt) : state.durationMs;
}
