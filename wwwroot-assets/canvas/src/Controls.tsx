import { Panel, useReactFlow, useStore, type ReactFlowState } from "@xyflow/react";
import { Icon } from "./Icon";

const zoomOf = (state: ReactFlowState) => state.transform[2];
export const fitOptions = { padding: { top: "32px", bottom: "56px", left: "32px", right: "32px" }, maxZoom: 1, minZoom: 0.2 } as const;

export function Controls() {
  const { zoomIn, zoomOut, zoomTo, fitView } = useReactFlow();
  const zoom = useStore(zoomOf);
  return (
    <Panel position="bottom-left" className="canvas-controls" role="toolbar" aria-label="Zoom">
      <button type="button" className="btn ghost square small" aria-label="Zoom out" title="Zoom out" onClick={() => void zoomOut()}><Icon name="minus" className="small" /></button>
      <button type="button" className="zoom-value" title="Back to 100 %" onClick={() => void zoomTo(1)}>{Math.round(zoom * 100)} %</button>
      <button type="button" className="btn ghost square small" aria-label="Zoom in" title="Zoom in" onClick={() => void zoomIn()}><Icon name="plus" className="small" /></button>
      <button type="button" className="btn ghost square small" aria-label="Fit the flow" title="Fit the flow" onClick={() => void fitView(fitOptions)}><Icon name="maximize" className="small" /></button>
    </Panel>
  );
}
