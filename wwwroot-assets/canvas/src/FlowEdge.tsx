import { BaseEdge, EdgeLabelRenderer, getBezierPath, getSmoothStepPath, useStore, type EdgeProps, type ReactFlowState } from "@xyflow/react";
import { memo } from "react";
import { useCanvas } from "./context";
import { edgeRef } from "./graph";
import { Icon } from "./Icon";
import { useNodeState, useStored } from "./store";
import type { FlowEdgeType } from "./view";

/** Forward an easy curve; backward around the nodes, through the gap between them. Under the pointer it has a + to put a component into it. */
export const FlowEdge = memo(function FlowEdge(props: EdgeProps<FlowEdgeType>) {
  const { store } = useCanvas();
  const source = useNodeState(store, props.source)?.status;
  const target = useNodeState(store, props.target)?.status;
  const hovered = useStored(store, () => store.getEdgeHovered() === props.id);
  const under = useStored(store, () => store.getEdgeUnder() === props.id);
  const editable = useStored(store, store.getEditable);
  const alone = useStore(s => props.selected === true && aloneIn(s));
  const forward = props.targetX > props.sourceX + 20;
  // Asked for backward edges alone: every edge asks at every move of the pointer.
  const gap = useStore(s => forward ? undefined : gapIn(s, props.source, props.target));
  const [path, x, y] = forward
    ? getBezierPath(props)
    : getSmoothStepPath({ ...props, borderRadius: 8, offset: 20, centerY: gap });
  const state = source === "skipped" || target === "skipped" ? "skipped" : target === "running" && source === "succeeded" ? "running" : "";
  return (
    <>
      <BaseEdge path={path} className={`flow-edge ${state} ${under ? "under" : ""} ${hovered ? "hovered" : ""} port-${props.data?.edge.type ?? "any"}`} interactionWidth={16} />
      {editable && (hovered || alone) && props.data &&
        <EdgeLabelRenderer>
          <button type="button" className="edge-add nodrag nopan" style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }} title="Put a component in here" aria-label="Put a component into this edge"
            onMouseEnter={() => store.hoverEdge(props.id)} onMouseLeave={() => store.hoverEdge(null)}
            onClick={event => {
              event.stopPropagation();
              const frame = event.currentTarget.closest(".react-flow")?.getBoundingClientRect();
              const box = event.currentTarget.getBoundingClientRect();
              if (frame && props.data) store.pick({ at: { edge: edgeRef(props.data.edge) }, x, y, left: box.left - frame.left, top: box.bottom - frame.top + 4 });
            }}><Icon name="plus" /></button>
        </EdgeLabelRenderer>}
    </>
  );
});

/** Whether an edge that is selected is all that is. Every selected edge asks at every move: where all is selected, the first node answers. */
function aloneIn(state: ReactFlowState): boolean {
  return !state.nodes.some(n => n.selected) && state.edges.filter(e => e.selected).length === 1;
}

/** The height of the gap between two nodes, one above the other; undefined when they lie beside each other. */
function gapIn(state: ReactFlowState, sourceId: string, targetId: string): number | undefined {
  const source = state.nodeLookup.get(sourceId);
  const target = state.nodeLookup.get(targetId);
  if (!source?.measured.height || !target?.measured.height) return undefined;
  const [upper, lower] = source.internals.positionAbsolute.y < target.internals.positionAbsolute.y ? [source, target] : [target, source];
  const bottom = upper.internals.positionAbsolute.y + (upper.measured.height ?? 0);
  return lower.internals.positionAbsolute.y > bottom ? (bottom + lower.internals.positionAbsolute.y) / 2 : undefined;
}
