import { useUpdateNodeInternals, type NodeProps } from "@xyflow/react";
import { memo, useEffect, useRef, useState } from "react";
import { ProblemBadge, RunBadge } from "./Badges";
import { useCanvas } from "./context";
import { toolPort } from "./graph";
import { Icon } from "./Icon";
import { portKey } from "./matrix";
import { Port, PortDot } from "./Ports";
import { useNodeState, useStored } from "./store";
import type { CanvasNode } from "./types";
import { looksTheSame, type ComponentNodeType } from "./view";

/** A component: what it is, the settings that matter, its ports, and where it stands. Double-click or F2 on it changes its name. */
export const ComponentNode = memo(function ComponentNode({ id, data: { component }, isConnectable, selected }: NodeProps<ComponentNodeType>) {
  const { store } = useCanvas();
  const state = useNodeState(store, id);
  const faded = useStored(store, () => {
    const drawing = store.getDrawing();
    return drawing !== null && drawing.from.nodeId !== id && !drawing.fitsNodes.has(id);
  });
  const called = useStored(store, () => component.tool !== null && store.edgesAt(portKey(id, "output", toolPort)) > 0);
  const used = useStored(store, () => called ? component.outputs.filter(o => store.edgesAt(portKey(id, "output", o.name)) > 0).map(o => o.name).join("\n") : "");
  // An agent's tool gives its answer to the agent alone: its own outputs show only where an edge hangs on them.
  const outputs = called ? component.outputs.filter(o => used.split("\n").includes(o.name)) : component.outputs;
  const ports = component.inputs.length + outputs.length + (called && component.tool ? 1 : 0);
  const shared = { nodeId: id, title: component.title, connectable: isConnectable, reachable: selected ?? false };
  const update = useUpdateNodeInternals();
  // React Flow measures the ports when the node comes and when its size changes; not when a port moves within it.
  const measured = useRef(`${called} ${ports}`);
  useEffect(() => {
    if (measured.current === `${called} ${ports}`) return;
    measured.current = `${called} ${ports}`;
    update(id);
  }, [id, called, ports, update]);
  return (
    <article className={`flow-node ${state?.status ?? ""} ${component.known ? "" : "unknown"} ${component.disabled ? "off" : ""} ${faded ? "unfit" : ""}`}>
      <header className="flow-node-head">
        <span className={`tile ${component.kind}`}><Icon name={component.icon} /></span>
        <Title node={component} />
        {component.pinned && <span className="flow-node-mark" title="Its outputs are pinned: in a run from here it gives them and does not run" role="img" aria-label="pinned"><Icon name="pin" /></span>}
        {component.disabled && <span className="flow-node-off" title="Turned off: runs pass it over">off</span>}
        <ProblemBadge node={component} />
        {state && !component.disabled && <RunBadge nodeId={id} state={state} />}
      </header>
      {component.settings.length > 0 &&
        <div className="flow-node-settings">
          {component.settings.map(s => <div key={s.label} title={s.value}>{s.label === "" ? s.value : <>{s.label} <b>{s.value}</b></>}</div>)}
        </div>}
      {ports > 0 &&
        <div className="flow-node-ports">
          {component.inputs.map(p => <Port key={p.name} port={p} side="input" {...shared} />)}
          {outputs.map(p => <Port key={p.name} port={p} side="output" {...shared} />)}
          {called && component.tool && <Port port={component.tool} side="output" {...shared} />}
        </div>}
      {!called && component.tool && <ToolPort node={component} shared={shared} />}
    </article>
  );
}, looksTheSame);

/** In a flow with agents, a node that may be their tool offers its port while the pointer is on it or an agent looks for one. */
function ToolPort({ node, shared }: { node: CanvasNode; shared: { nodeId: string; title: string; connectable: boolean; reachable: boolean } }) {
  const { store } = useCanvas();
  const wanted = useStored(store, store.getAgents);
  const drawn = useStored(store, () => store.getDrawing() !== null);
  if (!wanted || !node.tool) return null;
  return (
    <div className={`flow-tool ${drawn ? "drawing" : ""}`} title="Tool: connect it to an agent, which then calls this node when it needs to">
      <PortDot port={node.tool} side="output" {...shared} />
    </div>
  );
}

function Title({ node }: { node: CanvasNode }) {
  const { store, actions } = useCanvas();
  const renaming = useStored(store, () => store.getRenaming() === node.id);
  if (renaming) return <TitleField node={node} />;
  return (
    <span className="flow-node-title" title={node.title} onDoubleClick={event => {
      event.stopPropagation();
      if (actions.current?.editable) store.rename(node.id);
    }}>{node.title}</span>
  );
}

function TitleField({ node }: { node: CanvasNode }) {
  const { store, actions } = useCanvas();
  const [title, setTitle] = useState(node.title);
  const back = (element: HTMLElement) => element.closest<HTMLElement>(".react-flow__node")?.focus();
  return (
    <input className="flow-node-name nodrag nopan" aria-label="Name of the node" maxLength={200} autoFocus value={title} onFocus={e => e.currentTarget.select()}
      onChange={e => setTitle(e.currentTarget.value)}
      onBlur={() => { if (store.getRenaming() === node.id) actions.current?.rename(node.id, title); }}
      onKeyDown={event => {
        event.stopPropagation();
        if (event.key === "Enter") actions.current?.rename(node.id, title);
        else if (event.key === "Escape") store.rename(null);
        else return;
        event.preventDefault();
        back(event.currentTarget);
      }} />
  );
}
