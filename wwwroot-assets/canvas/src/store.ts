import { useSyncExternalStore } from "react";
import type { Graph, NodeState } from "./types";

/** A node's state, and when it was heard: a running node's clock goes on from there. */
export interface HeardState extends NodeState { heardAt: number; }

/** What the server said last. Each part is replaced whole, so that a component draws again only when its own part changed. */
export class CanvasStore {
  private graph: Graph | null = null;
  private states = new Map<string, HeardState>();
  private selected: string | null = null;
  private fits = 0;
  private readonly listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => { this.listeners.delete(listener); };
  };

  setGraph(graph: Graph) {
    this.graph = graph;
    const known = new Set(graph.nodes.map(n => n.id));
    this.states = new Map([...this.states].filter(([id]) => known.has(id)));
    this.changed();
  }

  setStates(states: NodeState[], replace: boolean) {
    const next = replace ? new Map<string, HeardState>() : new Map(this.states);
    for (const state of states) next.set(state.nodeId, { ...state, heardAt: performance.now() });
    this.states = next;
    this.changed();
  }

  select(nodeId: string | null) { this.selected = nodeId; this.changed(); }
  fit() { this.fits++; this.changed(); }

  readonly getGraph = () => this.graph;
  readonly getSelected = () => this.selected;
  readonly getFits = () => this.fits;
  getState(nodeId: string): HeardState | null { return this.states.get(nodeId) ?? null; }

  private changed() { for (const listener of this.listeners) listener(); }
}

export function useNodeState(store: CanvasStore, nodeId: string): HeardState | null {
  return useSyncExternalStore(store.subscribe, () => store.getState(nodeId));
}
