import { BaseEdge, getBezierPath, getSmoothStepPath, useInternalNode, type Edge, type EdgeProps } from "@xyflow/react";
import { memo } from "react";
import { useCanvas } from "./context";
import { useNodeState } from "./store";
import type { PortType } from "./types";

export type FlowEdgeType = Edge<{ type: PortType }, "flow">;

/** Forward an easy curve; backward around the nodes, through the gap between them. */
export const FlowEdge = memo(function FlowEdge(edge: EdgeProps<FlowEdgeType>) {
  const { store } = useCanvas();
  const source = useNodeState(store, edge.source)?.status;
  const target = useNodeState(store, edge.target)?.status;
  const gap = useGap(edge.source, edge.target);
  const [path] = edge.targetX > edge.sourceX + 20
    ? getBezierPath(edge)
    : getSmoothStepPath({ ...edge, borderRadius: 8, offset: 20, centerY: gap });
  const state = source === "skipped" || target === "skipped" ? "skipped" : target === "running" && source === "succeeded" ? "running" : "";
  return <BaseEdge path={path} className={`flow-edge ${state} port-${edge.data?.type ?? "any"}`} interactionWidth={16} />;
});

function useGap(sourceId: string, targetId: string): number | undefined {
  const source = useInternalNode(sourceId);
  const target = useInternalNode(targetId);
  if (!source?.measured.height || !target?.measured.height) return undefined;
  const [upper, lower] = source.internals.positionAbsolute.y < target.internals.positionAbsolute.y ? [source, target] : [target, source];
  const bottom = upper.internals.positionAbsolute.y + (upper.measured.height ?? 0);
  return lower.internals.positionAbsolute.y > bottom ? (bottom + lower.internals.positionAbsolute.y) / 2 : undefined;
}
