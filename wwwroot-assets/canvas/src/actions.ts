import type { ReactFlowInstance } from "@xyflow/react";
import { align, arrange, grid, snap, spread, type Alignment, type Box } from "./arrange";
import { fragmentOf, isFragment } from "./fragment";
import { newId } from "./graph";
import { edgeBetween, portKey, refusal, replacedBy, type Choice, type End } from "./matrix";
import type { Session } from "./session";
import type { CanvasStore, Picking } from "./store";
import type { CommandName, EdgeRef, Into, Placed } from "./types";
import { noteViewId, selectionOf, viewId, type FlowEdgeType, type Selection, type ViewNode } from "./view";
import type { Bridge } from "./bridge";

export const nodeWidth = 220;
export const fitOptions = { padding: { top: "56px", bottom: "92px", left: "32px", right: "32px" }, maxZoom: 1, minZoom: 0.1 } as const;
const noteSize = { width: 280, height: 120 };

/** Everything that can be done on one canvas, by whatever means: keys, menus and buttons call the same. */
export class Actions {
  /** What is to be selected when it comes: an id given here, or whatever is not known yet (the server names what is pasted). */
  arriving: { id: string; focus?: boolean } | { known: Set<string> } | null = null;
  /** Where the pointer is over the canvas, in the window; null when it is elsewhere. */
  pointer: { x: number; y: number } | null = null;
  private pastes = { text: "", times: 0 };
  private nudging: ReturnType<typeof setTimeout> | null = null;
  private readonly nudged = new Set<string>();

  constructor(
    private readonly store: CanvasStore, private readonly session: Session, private readonly bridge: Bridge,
    readonly flow: ReactFlowInstance<ViewNode, FlowEdgeType>, readonly frame: HTMLElement, private readonly busy: (busy: boolean) => void) {}

  get editable() { return this.store.getEditable(); }
  private get graph() { return this.store.getGraph(); }

  selection(): Selection { return selectionOf(this.chosen(), this.flow.getEdges().filter(e => e.selected)); }
  private chosen() { return this.flow.getNodes().filter(n => n.selected); }

  private boxes(nodes: ViewNode[]): Box[] {
    return nodes.map(n => ({ id: n.id, ...n.position, width: n.measured?.width ?? n.width ?? nodeWidth, height: n.measured?.height ?? n.height ?? 100 }));
  }

  select(ids: ReadonlySet<string>) {
    this.flow.setNodes(all => all.map(n => (n.selected ?? false) === ids.has(n.id) ? n : { ...n, selected: ids.has(n.id) }));
    this.flow.setEdges(all => all.map(e => e.selected ? { ...e, selected: false } : e));
  }

  /** Gives a node the focus, as soon as it is measured: until then React Flow keeps it hidden. */
  focusNode(id: string, frames = 60) {
    const node = this.frame.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(id)}"]`);
    node?.focus({ preventScroll: true });
    if (frames > 0 && (node === null || document.activeElement !== node)) requestAnimationFrame(() => this.focusNode(id, frames - 1));
  }

  say(words: string, at: { x: number; y: number } | null = this.pointer) {
    const frame = this.frame.getBoundingClientRect();
    this.store.say({ words, x: at && at.x - frame.left, y: at && at.y - frame.top });
  }

  // Wiring

  /** Draws an edge, or says why not. */
  connect(edge: EdgeRef, replacing: EdgeRef | null = null): boolean {
    const graph = this.graph;
    if (!graph || !this.editable) return false;
    const why = refusal(graph, this.store.getCatalog(), edge, replacing);
    if (why !== null) {
      this.say(why);
      return false;
    }
    this.session.edit({ type: "connect", edge, replaces: replacing ?? replacedBy(graph, edge) });
    return true;
  }

  /** Enter on a port begins an edge, Enter on another ends it. */
  pressPort(end: End, element: HTMLElement) {
    if (!this.editable) return;
    const drawing = this.store.getDrawing();
    if (drawing === null) {
      this.store.draw(end, true);
      return;
    }
    this.store.draw(null);
    if (drawing.from.nodeId === end.nodeId && drawing.from.port === end.port && drawing.from.side === end.side) return;
    const box = element.getBoundingClientRect();
    if (drawing.from.side === end.side) this.say(end.side === "input" ? "An edge ends at an output." : "An edge ends at an input.", { x: box.left, y: box.bottom });
    else if (drawing.fits.has(portKey(end.nodeId, end.side, end.port))) {
      // Tab then goes on to the ports of the node that was reached.
      if (this.connect(edgeBetween(drawing.from, end.nodeId, end.port))) this.select(new Set([end.nodeId]));
    } else {
      const why = this.graph && refusal(this.graph, this.store.getCatalog(), edgeBetween(drawing.from, end.nodeId, end.port));
      this.say(why ?? "That does not fit.", { x: box.left, y: box.bottom });
    }
  }

  // Adding

  /** Puts a component with its middle at a place on the canvas. */
  add(component: string, x: number, y: number, into: Into | null = null, focus = false) {
    const graph = this.graph;
    if (!graph || !this.editable) return;
    this.settle();
    const id = newId(graph, component);
    this.arriving = { id, focus };
    this.session.edit({ type: "add", id, component, ...this.free(this.put(x - nodeWidth / 2), this.put(y - 50)), into, join: null });
  }

  /** Where the reader looks, below what is there already. It gets the focus: its ports and settings are what the keyboard wants next. */
  place(component: string) {
    const { x, y } = this.middle();
    const at = this.clear(x - nodeWidth / 2, y - 50, nodeWidth, 120);
    this.add(component, at.x + nodeWidth / 2, at.y + 50, null, true);
  }

  choose({ component, port, into }: Choice, { at, x, y }: Picking) {
    const graph = this.graph;
    this.store.pick(null);
    if (!graph) return;
    if (at === null || "edge" in at) return this.add(component.type, x, y, into);
    const id = newId(graph, component.type);
    this.arriving = { id };
    const { nodeId, side } = at.from;
    const left = side === "output" ? x : x - nodeWidth;
    this.session.edit({ type: "add", id, component: component.type, x: this.put(left), y: this.put(y - 60), into: null, join: { nodeId, port: at.from.port, side, newPort: port } });
  }

  addNote() {
    const graph = this.graph;
    if (!graph || !this.editable) return;
    const { x, y } = this.middle();
    const id = newId(graph, "note");
    const at = this.clear(x - noteSize.width / 2, y - noteSize.height / 2, noteSize.width, noteSize.height);
    this.arriving = { id: noteViewId(id) };
    this.session.edit({ type: "addNote", id, x: this.put(at.x), y: this.put(at.y), ...noteSize, text: "" });
    this.store.write(id);
  }

  private middle() {
    const frame = this.frame.getBoundingClientRect();
    return this.flow.screenToFlowPosition({ x: frame.left + frame.width / 2, y: frame.top + frame.height / 2 }, { snapToGrid: false });
  }

  private put(value: number) { return this.store.getSnap() ? snap(value) : Math.round(value); }

  /** The nearest place below where a box of this size covers nothing. */
  private clear(x: number, y: number, width: number, height: number) {
    const all = this.boxes(this.flow.getNodes());
    const covers = () => all.find(b => b.x < x + width && x < b.x + b.width && b.y < y + height && y < b.y + b.height);
    for (let box = covers(); box; box = covers()) y = box.y + box.height + grid;
    return { x, y };
  }

  /** Not exactly on top of another. */
  private free(x: number, y: number) {
    const all = this.flow.getNodes();
    while (all.some(n => Math.abs(n.position.x - x) < grid && Math.abs(n.position.y - y) < grid)) [x, y] = [x + 2 * grid, y + 2 * grid];
    return { x, y };
  }

  // The clipboard

  copied(): string | null { return this.graph && fragmentOf(this.graph, this.selection()); }

  paste(text: string) {
    if (!this.editable) return;
    if (!isFragment(text)) return this.say("What is on the clipboard is not from a flow. Copy nodes on a canvas first.");
    if (!this.store.getOnline()) return this.say("Pasting needs the server. It waits for the connection; your other edits are kept.");
    this.pastes = this.pastes.text === text ? { text, times: this.pastes.times + 1 } : { text, times: 0 };
    const at = this.pointer ? this.flow.screenToFlowPosition(this.pointer, { snapToGrid: false }) : null;
    const further = this.pastes.times * 2 * grid;
    this.arriving = { known: new Set(this.flow.getNodes().map(n => n.id)) };
    this.deliver({ type: "paste", text, at: at && { x: this.put(at.x) + further, y: this.put(at.y) + further } });
  }

  duplicate() {
    const { nodes, notes } = this.selection();
    if (!this.editable || nodes.length + notes.length === 0) return;
    if (!this.store.getOnline()) return this.say("Duplicating needs the server. It waits for the connection; your other edits are kept.");
    this.arriving = { known: new Set(this.flow.getNodes().map(n => n.id)) };
    this.deliver({ type: "duplicate", nodes, notes });
  }

  private deliver(message: Parameters<Bridge["deliver"]>[0]) {
    this.bridge.deliver(message).catch((reason: unknown) => {
      console.warn("The canvas could not reach the server.", reason);
      this.say("The server could not be reached. Try again when it is back.");
    });
  }

  remove() {
    const { nodes, notes, edges } = this.selection();
    if (this.editable && nodes.length + notes.length + edges.length > 0) this.session.edit({ type: "delete", nodes, notes, edges });
  }

  // Changing

  renameChosen() {
    const [node, ...others] = this.selection().nodes;
    if (this.editable && node !== undefined && others.length === 0) this.store.rename(node);
  }

  rename(nodeId: string, title: string) {
    this.store.rename(null);
    const node = this.graph?.nodes.find(n => n.id === nodeId);
    if (node && title.trim() !== node.title) this.session.edit({ type: "rename", nodeId, title: title.trim() });
  }

  /** Turns all off, or all on when they are off. */
  bypass() {
    const { nodes } = this.selection();
    const all = this.graph?.nodes.filter(n => nodes.includes(n.id)) ?? [];
    if (this.editable && all.length > 0) this.session.edit({ type: "bypass", nodes, disabled: all.some(n => !n.disabled) });
  }

  /** Sends where these are now. */
  moved(nodes: ViewNode[]) {
    const placed = (kind: ViewNode["type"]): Placed[] => nodes.filter(n => n.type === kind && this.elsewhere(n)).map(n => ({ id: viewId(n), ...n.position }));
    const [components, notes] = [placed("component"), placed("note")];
    if (components.length + notes.length > 0) this.session.edit({ type: "move", nodes: components, notes });
  }

  private elsewhere(node: ViewNode) {
    const known = node.type === "note" ? this.graph?.notes.find(n => n.id === viewId(node)) : this.graph?.nodes.find(n => n.id === node.id);
    return known !== undefined && (known.x !== node.position.x || known.y !== node.position.y);
  }

  /** Moves what is selected at once; it is one edit when the keys rest. */
  nudge(dx: number, dy: number) {
    if (!this.editable || this.chosen().length === 0) return;
    this.busy(true);
    for (const node of this.chosen()) this.nudged.add(node.id);
    this.flow.setNodes(all => all.map(n => n.selected ? { ...n, position: { x: n.position.x + dx, y: n.position.y + dy } } : n));
    if (this.nudging !== null) clearTimeout(this.nudging);
    this.nudging = setTimeout(() => this.settle(), 350);
  }

  /** Ends moving by keys: before anything else is done, so that the order of edits is that of the hand. What is selected may be something else by now. */
  settle() {
    if (this.nudging === null) return;
    clearTimeout(this.nudging);
    this.nudging = null;
    this.moved(this.flow.getNodes().filter(n => this.nudged.has(n.id)));
    this.nudged.clear();
    this.busy(false);
  }

  arrange() {
    const graph = this.graph;
    const chosen = this.chosen().filter(n => n.type === "component");
    const which = chosen.length > 1 ? chosen : this.flow.getNodes().filter(n => n.type === "component");
    if (graph) this.arranged(chosen.length > 1 ? "Arrange the selection" : "Arrange", arrange(this.boxes(which), graph.edges));
    if (chosen.length < 2) setTimeout(() => void this.flow.fitView(fitOptions), 60);
  }

  align(how: Alignment) { this.arranged(`Align ${how}`, align(this.boxes(this.chosen()), how)); }
  spread(along: "x" | "y") { this.arranged(along === "x" ? "Spread horizontally" : "Spread vertically", spread(this.boxes(this.chosen()), along)); }

  private arranged(name: string, placed: Placed[]) {
    const views = new Map(this.flow.getNodes().map(n => [n.id, n]));
    const moved = placed.filter(p => {
      const at = views.get(p.id)?.position;
      return at && (at.x !== p.x || at.y !== p.y);
    });
    if (!this.editable || moved.length === 0) return;
    const of = (kind: ViewNode["type"]) => moved.flatMap(p => {
      const view = views.get(p.id);
      return view?.type === kind ? [{ ...p, id: viewId(view) }] : [];
    });
    this.session.edit({ type: "arranged", name, nodes: of("component"), notes: of("note") });
  }

  /** What menus, buttons and the command palette name. */
  command(name: CommandName) {
    switch (name) {
      case "zoomIn": return void this.flow.zoomIn();
      case "zoomOut": return void this.flow.zoomOut();
      case "zoomReset": return void this.flow.zoomTo(1);
      case "fit": return void this.flow.fitView(fitOptions);
      case "snap": return this.store.toggleSnap();
      case "legend": return this.store.toggleLegend();
      case "focus": return (this.frame.querySelector<HTMLElement>(".react-flow__node.selected") ?? this.frame.querySelector<HTMLElement>(".react-flow__node-component"))?.focus();
      case "selectAll": return this.select(new Set(this.flow.getNodes().map(n => n.id)));
      case "copy":
      case "cut":
        // Raises the browser's own event, which may write to the clipboard without asking.
        return void document.execCommand(name);
      case "paste":
        return void navigator.clipboard?.readText().then(text => this.paste(text), () => this.say("The browser does not let a button read the clipboard. Press Ctrl+V."));
      case "duplicate": return this.duplicate();
      case "delete": return this.remove();
      case "rename": return this.renameChosen();
      case "bypass": return this.bypass();
      case "addNote": return this.addNote();
      case "arrange": return this.arrange();
      case "alignLeft": return this.align("left");
      case "alignCenter": return this.align("center");
      case "alignRight": return this.align("right");
      case "alignTop": return this.align("top");
      case "alignMiddle": return this.align("middle");
      case "alignBottom": return this.align("bottom");
      case "spreadHorizontally": return this.spread("x");
      case "spreadVertically": return this.spread("y");
    }
  }
}
