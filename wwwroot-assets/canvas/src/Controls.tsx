import { Panel, useReactFlow, useStore, type ReactFlowState } from "@xyflow/react";
import { fitOptions } from "./actions";
import { useCanvas } from "./context";
import { Icon } from "./Icon";
import { typeNames } from "./matrix";
import { shapes } from "./Ports";
import { useStored } from "./store";
import type { CommandName, PortType } from "./types";

const zoomOf = (state: ReactFlowState) => state.transform[2];

function Tool({ icon, name, onClick, disabled, pressed }: { icon: string; name: string; onClick: () => void; disabled?: boolean; pressed?: boolean }) {
  return (
    <button type="button" className="btn ghost square small" aria-label={name} title={name} onClick={onClick} disabled={disabled} aria-pressed={pressed}><Icon name={icon} className="small" /></button>
  );
}

export function Controls() {
  const { store, bridge, actions } = useCanvas();
  const { zoomIn, zoomOut, zoomTo, fitView } = useReactFlow();
  const zoom = useStore(zoomOf);
  const editable = useStored(store, store.getEditable);
  const undo = useStored(store, () => store.getGraph()?.undo ?? null);
  const redo = useStored(store, () => store.getGraph()?.redo ?? null);
  const snapping = useStored(store, store.getSnap);
  const legend = useStored(store, store.getLegend);
  return (
    <Panel position="bottom-left" className="canvas-tools">
      {legend && <Legend />}
      <div className="canvas-controls" role="toolbar" aria-label="Canvas">
        <Tool icon="minus" name="Zoom out (−)" onClick={() => void zoomOut()} />
        <button type="button" className="zoom-value" title="Back to 100 % (0)" onClick={() => void zoomTo(1)}>{Math.round(zoom * 100)} %</button>
        <Tool icon="plus" name="Zoom in (+)" onClick={() => void zoomIn()} />
        <Tool icon="maximize" name="Fit the flow (F)" onClick={() => void fitView(fitOptions)} />
        {editable && <>
          <span className="canvas-gap" />
          <Tool icon="undo-2" name={undo === null ? "Nothing to undo" : `Undo: ${undo} (Ctrl+Z)`} disabled={undo === null} onClick={() => bridge.send({ type: "command", name: "undo" })} />
          <Tool icon="redo-2" name={redo === null ? "Nothing to redo" : `Redo: ${redo} (Ctrl+Y)`} disabled={redo === null} onClick={() => bridge.send({ type: "command", name: "redo" })} />
          <span className="canvas-gap" />
          <Tool icon="network" name="Arrange" onClick={() => actions.current?.arrange()} />
          <Tool icon="magnet" name={snapping ? "Snaps to the grid" : "Does not snap to the grid"} pressed={snapping} onClick={() => store.toggleSnap()} />
          <Tool icon="sticky-note" name="Add a note" onClick={() => actions.current?.addNote()} />
        </>}
        <Tool icon="shapes" name="What the ports mean" pressed={legend} onClick={() => store.toggleLegend()} />
      </div>
    </Panel>
  );
}

const legendTypes: PortType[] = ["message", "data", "table", "number", "boolean", "model", "tool", "any"];
const legendWords: Record<PortType, string> = {
  message: "text, or a chat message", data: "a JSON value", table: "a list of Data", number: "a number", boolean: "true or false", model: "a configured model", tool: "what an agent may call", any: "whatever comes",
};

function Legend() {
  return (
    <dl className="canvas-legend" aria-label="Port types">
      {legendTypes.map(type =>
        <div key={type}>
          <dt><span className={`legend-dot port-${type} ${shapes[type]}`} />{type === "any" ? "Anything" : typeNames[type]}</dt>
          <dd>{legendWords[type]}</dd>
        </div>)}
    </dl>
  );
}

const alignments: { icon: string; name: string; command: CommandName; from: number }[] = [
  { icon: "align-start-vertical", name: "Align left", command: "alignLeft", from: 2 },
  { icon: "align-center-vertical", name: "Align centres", command: "alignCenter", from: 2 },
  { icon: "align-end-vertical", name: "Align right", command: "alignRight", from: 2 },
  { icon: "align-start-horizontal", name: "Align tops", command: "alignTop", from: 2 },
  { icon: "align-center-horizontal", name: "Align middles", command: "alignMiddle", from: 2 },
  { icon: "align-end-horizontal", name: "Align bottoms", command: "alignBottom", from: 2 },
  { icon: "align-horizontal-distribute-center", name: "Spread horizontally", command: "spreadHorizontally", from: 3 },
  { icon: "align-vertical-distribute-center", name: "Spread vertically", command: "spreadVertically", from: 3 },
];

/** For several at once: lines them up, and what else is done to many. */
export function SelectionBar({ count }: { count: number }) {
  const { actions } = useCanvas();
  const run = (command: CommandName) => () => actions.current?.command(command);
  return (
    <Panel position="top-center" className="selection-bar" role="toolbar" aria-label="Selection">
      <span className="selection-count">{count} selected</span>
      <span className="canvas-gap" />
      {alignments.filter(a => count >= a.from).map(a => <Tool key={a.command} icon={a.icon} name={a.name} onClick={run(a.command)} />)}
      <span className="canvas-gap" />
      <Tool icon="network" name="Arrange the selection" onClick={run("arrange")} />
      <Tool icon="copy" name="Duplicate (Ctrl+D)" onClick={run("duplicate")} />
      <Tool icon="power-off" name="Turn off or on (Ctrl+E)" onClick={run("bypass")} />
      <Tool icon="trash-2" name="Delete (Del)" onClick={run("delete")} />
    </Panel>
  );
}
