import { useEffect, useState } from "react";
import { useCanvas } from "./context";
import { duration } from "./duration";
import { Icon } from "./Icon";
import { useStored, type HeardState } from "./store";
import type { CanvasNode, NodeStatus } from "./types";

const badges: Record<NodeStatus, { icon: string | null; words: string }> = {
  pending: { icon: null, words: "pending" },
  running: { icon: "loader-circle", words: "running" },
  waiting: { icon: "hourglass", words: "waiting" },
  succeeded: { icon: "check", words: "done" },
  failed: { icon: "circle-alert", words: "failed" },
  skipped: { icon: null, words: "skipped" },
};

const waits = {
  time: { icon: "clock", words: "waits for a time", label: "waiting", shows: "output" },
  person: { icon: "users", words: "waits for an answer", label: "asks", shows: "question" },
  run: { icon: "workflow", words: "waits for a run", label: "waiting", shows: "output" },
} as const;

/** Where a node stands in the run; a click shows what went in and came out. */
export function RunBadge({ nodeId, state }: { nodeId: string; state: HeardState }) {
  const { bridge, actions } = useCanvas();
  const tabIndex = useTabIndex();
  const milliseconds = useClock(state);
  const wait = state.status === "waiting" && state.wait ? waits[state.wait] : null;
  const { icon, words } = wait ?? (state.reused && state.status === "succeeded" ? { icon: "pin", words: "reused" } : badges[state.status]);
  const shows = wait?.shows ?? "output";
  const asked = state.wait === "person" && state.message ? `${words}${since(state)}: ${state.message}` : null;
  const timed = milliseconds !== null && !state.reused && (state.status === "succeeded" || state.status === "running");
  return (
    <button type="button" tabIndex={tabIndex} className={`flow-badge nodrag ${state.status}`} title={asked ?? state.message ?? `${words}: show its ${shows}`}
      aria-label={`${words}${milliseconds === null ? "" : `, ${duration(milliseconds)}`}: show its ${shows}`}
      onClick={event => {
        event.stopPropagation();
        actions.current?.select(new Set([nodeId]));
        bridge.send({ type: "open", nodeId, show: "output" });
      }}>
      {icon && <Icon name={icon} className={state.status === "running" ? "spin" : ""} />}{timed ? duration(milliseconds) : wait?.label ?? words}
    </button>
  );
}

/** The reader's own clock: " since 14:02". */
function since(state: HeardState): string {
  if (state.durationMs === null) return "";
  const at = new Date(Date.now() - (performance.now() - state.heardAt) - state.durationMs);
  return ` since ${at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}`;
}

/** How many things are wrong with a node; what they are is in its title, and in the list of problems. */
export function ProblemBadge({ node }: { node: CanvasNode }) {
  const { bridge, actions } = useCanvas();
  const tabIndex = useTabIndex();
  const errors = node.problems.filter(p => p.isError).length;
  if (node.problems.length === 0) return null;
  const words = errors > 0 ? `${errors} ${errors === 1 ? "error" : "errors"}` : `${node.problems.length} ${node.problems.length === 1 ? "warning" : "warnings"}`;
  return (
    <button type="button" tabIndex={tabIndex} className={`flow-problems nodrag ${errors > 0 ? "bad" : "warn"}`} aria-label={`${words}: show them`}
      title={node.problems.map(p => `${p.message} ${p.advice}`.trim()).join("\n")}
      onClick={event => {
        event.stopPropagation();
        actions.current?.select(new Set([node.id]));
        bridge.send({ type: "open", nodeId: node.id, show: "problems" });
      }}>
      <Icon name={errors > 0 ? "circle-alert" : "triangle-alert"} />{errors > 0 ? errors : node.problems.length}
    </button>
  );
}

/** While an edge is drawn by keys, Tab goes from port to port. */
function useTabIndex(): number {
  const { store } = useCanvas();
  return useStored(store, () => store.getDrawing()?.keyboard ? -1 : 0);
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
