import { grid } from "./arrange";
import type { Actions } from "./actions";
import type { Bridge } from "./bridge";
import type { CanvasStore } from "./store";
import type { CommandName } from "./types";

const typing = (target: EventTarget | null) =>
  target instanceof Element && target.closest("input, textarea, select, [contenteditable=''], [contenteditable='true'], .cm-editor, dialog, [role='menu'], [role='dialog'], [popover]") !== null;

/** Keys without Ctrl belong to the canvas only while the focus is in it, or nowhere. */
const here = (frame: HTMLElement) => {
  // A click on the canvas gives the focus to what is around it, as the canvas itself takes none.
  const focused = document.activeElement;
  return focused === null || focused.contains(frame) || frame.contains(focused);
};

const plain: Record<string, CommandName> = { Delete: "delete", Backspace: "delete", "+": "zoomIn", "=": "zoomIn", "-": "zoomOut", "0": "zoomReset", f: "fit", F: "fit", F2: "rename" };
const arrows: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Listens for keys and the clipboard until the answer is called. Never acts while the focus is in a text field. */
export function listen(actions: Actions, store: CanvasStore, bridge: Bridge): () => void {
  const frame = actions.frame;
  const visible = () => frame.isConnected && frame.offsetParent !== null;

  const key = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing || typing(event.target) || !visible()) return;
    const done = press(event);
    if (done) event.preventDefault();
  };

  function press(event: KeyboardEvent): boolean {
    const ctrl = event.ctrlKey || event.metaKey;
    const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (!(name in arrows) && name !== "Shift") actions.settle();
    if (ctrl && !event.altKey) {
      switch (name) {
        case "z": return ask(event.shiftKey ? "redo" : "undo");
        case "y": return ask("redo");
        case "s": return ask("save");
        case "Enter": return ask("run");
      }
      if (!here(frame)) return false;
      switch (name) {
        case "a": return command("selectAll");
        case "d": return upon(event, "duplicate");
        case "e": return upon(event, "bypass");
        default: return false;
      }
    }
    if (event.altKey) return false;
    if (event.key === "?") return ask("help");
    if (name === "/") return ask("search");
    if (!here(frame)) return false;
    if (name === "Escape") return escape();
    const arrow = arrows[name];
    if (arrow) {
      const step = (store.getSnap() ? grid : 4) * (event.shiftKey ? 5 : 1);
      focused(event);
      actions.nudge(arrow[0] * step, arrow[1] * step);
      return true;
    }
    if (name === "Enter" && !event.shiftKey && inspect(event)) return true;
    if (name === "Enter" || name === " ") return focused(event, true);
    const named = plain[event.key];
    return named !== undefined && (named === "delete" || named === "rename" ? upon(event, named) : command(named));
  }

  /** What the focus is on is meant: when it is not selected yet, it is first. */
  function upon(event: KeyboardEvent, name: CommandName) {
    const other = event.target instanceof HTMLElement && event.target.matches(".react-flow__node:not(.selected)");
    if (!other) return command(name);
    focused(event);
    requestAnimationFrame(() => command(name));
    return true;
  }

  function command(name: CommandName) { actions.command(name); return true; }

  function ask(name: "undo" | "redo" | "run" | "save" | "help" | "search") {
    bridge.send({ type: "command", name });
    return true;
  }

  function escape(): boolean {
    if (store.getPicking()) store.pick(null);
    else if (store.getDrawing()?.keyboard) store.draw(null);
    else if (store.getSaid()) store.say(null);
    else actions.select(new Set());
    return true;
  }

  /** Enter on a node that is selected goes on to its settings; Escape comes back from there (see shell/panels.ts). */
  function inspect(event: KeyboardEvent): boolean {
    if (!(event.target instanceof HTMLElement && event.target.matches(".react-flow__node-component.selected"))) return false;
    const ways = [".inspector-tab :is(input, textarea, select, .cm-content)", ".inspector-tab :is(button, [tabindex='0'])", ".inspector [role=tab][aria-selected=true]"];
    const field = ways.flatMap(way => [...document.querySelectorAll<HTMLElement>(way)]).find(f => f.offsetParent !== null && !f.matches(":disabled"));
    field?.focus();
    return field !== undefined;
  }

  /** Selects the node that has the focus; false when none has. */
  function focused(event: KeyboardEvent, toggles = false): boolean {
    const id = event.target instanceof HTMLElement && event.target.matches(".react-flow__node") ? event.target.dataset["id"] : undefined;
    if (id === undefined) return false;
    const chosen = new Set(actions.flow.getNodes().filter(n => n.selected).map(n => n.id));
    if (chosen.has(id) && !(toggles && event.shiftKey)) return true;
    if (!event.shiftKey || !toggles) chosen.clear();
    if (!chosen.delete(id)) chosen.add(id);
    actions.select(chosen);
    return true;
  }

  const clipboard = (event: ClipboardEvent) => {
    if (event.defaultPrevented || typing(event.target) || !visible() || !here(frame)) return;
    if (event.type === "paste") {
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (text.trim() === "") return;
      event.preventDefault();
      actions.paste(text);
      return;
    }
    if (document.getSelection()?.isCollapsed === false) return;
    const text = actions.copied();
    if (text === null) return;
    event.clipboardData?.setData("text/plain", text);
    event.preventDefault();
    if (event.type === "cut") actions.remove();
  };

  document.addEventListener("keydown", key);
  for (const type of ["copy", "cut", "paste"] as const) document.addEventListener(type, clipboard);
  return () => {
    document.removeEventListener("keydown", key);
    for (const type of ["copy", "cut", "paste"] as const) document.removeEventListener(type, clipboard);
  };
}
