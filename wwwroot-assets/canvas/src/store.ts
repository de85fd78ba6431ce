import { useSyncExternalStore } from "react";
import { apply, keepSame } from "./graph";
import { fitting, portKey, type End } from "./matrix";
import type { Catalog, Edit, EdgeRef, Graph, NodeState } from "./types";

/** A node's state, and when it was heard: a running node's clock goes on from there. */
export interface HeardState extends NodeState { heardAt: number; }

/** What the server is to select and show; each request is a new object. */
export interface Wanted { nodes: string[]; notes: string[]; edges: EdgeRef[]; }

/** Words that say why something was not done, beside where it was tried or at the foot of the canvas; gone after a while. */
export interface Said { words: string; x: number | null; y: number | null; }

/** An edge being drawn: from where, and every port that it may end at. `keyboard`: begun and ended by Enter. */
export interface Drawing { from: End; fits: Set<string>; fitsNodes: Set<string>; keyboard: boolean; }

/** What is open over the canvas: the list of components, at a place on the canvas and for what. */
export interface Picking { at: { from: End } | { edge: EdgeRef } | null; x: number; y: number; left: number; top: number; }

interface Pending { number: number; edit: Edit; }

/**
 * What the canvas knows. The server's graph is never changed here: what was done and is not in it yet lies on top of it, in order, so that an older
 * graph arriving late cannot undo what the hand has just done. Each part is replaced whole; a component draws again when its own part changed.
 */
export class CanvasStore {
  private server: Graph | null = null;
  private shown: Graph | null = null;
  private pending: Pending[] = [];
  private kept: Edit[] = [];
  private counts = new Map<string, number>();
  private agents = false;
  private states = new Map<string, HeardState>();
  private catalog: Catalog | null = null;
  private drawing: Drawing | null = null;
  private picking: Picking | null = null;
  private said: Said | null = null;
  private online = true;
  private wanted: Wanted | null = null;
  private fits = 0;
  private snapping = remembered("flowstudio.snap", true);
  private legend = remembered("flowstudio.legend", false);
  private renaming: string | null = null;
  private writing: string | null = null;
  private edgeUnder: string | null = null;
  private edgeHovered: string | null = null;
  private readonly listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => { this.listeners.delete(listener); };
  };

  /** `handled` is the last of our own messages that the graph can have in it. */
  setGraph(graph: Graph, handled: number) {
    this.server = keepSame(this.server, graph);
    this.pending = this.pending.filter(p => p.number > handled);
    if (graph.appliedOffline) this.kept = [];
    this.show();
    const known = new Set(graph.nodes.map(n => n.id));
    this.states = new Map([...this.states].filter(([id]) => known.has(id)));
    this.changed();
  }

  /** Shows an edit at once, until a graph that was made after it comes. */
  add(edit: Edit, number: number) {
    this.pending = [...this.pending, { number, edit }];
    this.show();
    this.changed();
  }

  dropUntil(number: number) {
    this.pending = this.pending.filter(p => p.number > number);
    this.show();
    this.changed();
  }

  /** The server has answered this message: if no graph came with it, nothing was changed. */
  drop(number: number) {
    if (!this.pending.some(p => p.number === number)) return;
    this.pending = this.pending.filter(p => p.number !== number);
    this.show();
    this.changed();
  }

  /** What could not be sent is kept, and stays on the picture. */
  keepPending(): Edit[] {
    this.kept = [...this.kept, ...this.pending.map(p => p.edit)];
    this.pending = [];
    return this.kept;
  }

  keep(edits: Edit[]) { this.kept = edits; this.show(); this.changed(); }

  private show() {
    if (this.server === null) return;
    const edits = [...this.kept, ...this.pending.map(p => p.edit)];
    this.shown = keepSame(this.shown, edits.reduce((graph, edit) => apply(graph, edit, this.catalog), this.server));
    // Counted once for all ports: each asking React Flow for itself would ask again at every move of the pointer.
    this.counts = new Map();
    for (const e of this.shown.edges)
      for (const key of [portKey(e.source, "output", e.sourcePort), portKey(e.target, "input", e.targetPort)]) this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
    this.agents = this.shown.nodes.some(n => n.inputs.some(i => i.accepts.includes("tool")));
  }

  setStates(states: NodeState[], replace: boolean) {
    const next = replace ? new Map<string, HeardState>() : new Map(this.states);
    for (const state of states) next.set(state.nodeId, { ...state, heardAt: performance.now() });
    this.states = next;
    this.changed();
  }

  draw(from: End | null, keyboard = false, replacing: EdgeRef | null = null) {
    if (from === null || this.shown === null) {
      if (this.drawing === null) return;
      this.drawing = null;
    } else {
      const fits = fitting(this.shown, this.catalog, from, replacing);
      this.drawing = { from, fits, fitsNodes: new Set([...fits].map(key => (JSON.parse(key) as string[])[0] ?? "")), keyboard };
    }
    this.changed();
  }

  setCatalog(catalog: Catalog) { this.catalog = catalog; this.show(); this.changed(); }
  pick(picking: Picking | null) { this.picking = picking; this.changed(); }
  say(said: Said | null) { if (said !== this.said) { this.said = said; this.changed(); } }
  setOnline(online: boolean) { if (online !== this.online) { this.online = online; this.changed(); } }
  want(wanted: Wanted) { this.wanted = wanted; this.changed(); }
  rename(nodeId: string | null) { this.renaming = nodeId; this.changed(); }
  write(noteId: string | null) { this.writing = noteId; this.changed(); }
  hoverEdge(id: string | null) { if (id !== this.edgeHovered) { this.edgeHovered = id; this.changed(); } }
  dropOn(id: string | null) { if (id !== this.edgeUnder) { this.edgeUnder = id; this.changed(); } }
  fit() { this.fits++; this.changed(); }
  toggleSnap() { this.snapping = !this.snapping; remember("flowstudio.snap", this.snapping); this.changed(); }
  toggleLegend() { this.legend = !this.legend; remember("flowstudio.legend", this.legend); this.changed(); }

  readonly getGraph = () => this.shown;
  readonly getServer = () => this.server;
  readonly getCatalog = () => this.catalog;
  readonly getDrawing = () => this.drawing;
  readonly getPicking = () => this.picking;
  readonly getSaid = () => this.said;
  readonly getOnline = () => this.online;
  readonly getKept = () => this.kept;
  readonly getWanted = () => this.wanted;
  readonly getFits = () => this.fits;
  readonly getSnap = () => this.snapping;
  readonly getLegend = () => this.legend;
  readonly getRenaming = () => this.renaming;
  readonly getWriting = () => this.writing;
  readonly getEdgeHovered = () => this.edgeHovered;
  readonly getEdgeUnder = () => this.edgeUnder;
  readonly getEditable = () => this.shown?.editable ?? false;
  /** Whether some node of the flow takes tools. */
  readonly getAgents = () => this.agents;
  /** How many edges hang on a port. */
  edgesAt(key: string): number { return this.counts.get(key) ?? 0; }
  getState(nodeId: string): HeardState | null { return this.states.get(nodeId) ?? null; }

  private changed() { for (const listener of this.listeners) listener(); }
}

export function useNodeState(store: CanvasStore, nodeId: string): HeardState | null {
  return useSyncExternalStore(store.subscribe, () => store.getState(nodeId));
}

/** A value of the store, or one made of it that is the same as long as what it is made of is. */
export function useStored<T>(store: CanvasStore, get: () => T): T {
  return useSyncExternalStore(store.subscribe, get);
}

function remembered(key: string, otherwise: boolean): boolean {
  try {
    const kept = localStorage.getItem(key);
    return kept === null ? otherwise : kept === "1";
  } catch {
    return otherwise;
  }
}

function remember(key: string, value: boolean) {
  try { localStorage.setItem(key, value ? "1" : "0"); } catch { /* remembered for this page only */ }
}
