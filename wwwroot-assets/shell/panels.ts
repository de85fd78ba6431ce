const narrow = matchMedia("(max-width: 1100px)");

/**
 * The panels beside the canvas: hidden and shown by [data-panel] buttons, made wider by [data-resize] edges; kept for the next visit. On a narrow page they
 * come and go by themselves.
 */
export function panels(frame: HTMLElement) {
  const ended = new AbortController();
  const { signal } = ended;
  const names = ["palette", "inspector"] as const;
  const isOpen = (name: string) => frame.getAttribute(`data-${name}`) !== "closed";
  const show = (name: string, open: boolean) => {
    frame.setAttribute(`data-${name}`, open ? "open" : "closed");
    for (const button of frame.querySelectorAll(`[data-panel="${name}"]`)) button.setAttribute("aria-pressed", String(open));
  };
  const begin = () => {
    for (const name of names) show(name, narrow.matches || read(`flowstudio.${name}`) !== "closed");
  };
  const width = (name: string, wanted: number, edge: HTMLElement) => {
    const most = Math.max(240, Math.min(Number(edge.getAttribute("aria-valuemax")), frame.clientWidth / 2));
    const fits = Math.round(Math.min(Math.max(wanted, Number(edge.getAttribute("aria-valuemin"))), most));
    frame.style.setProperty(`--${name}`, `${fits}px`);
    edge.setAttribute("aria-valuenow", String(fits));
    write(`flowstudio.${name}.width`, String(fits));
  };
  for (const edge of frame.querySelectorAll<HTMLElement>("[data-resize]")) {
    const name = edge.dataset.resize ?? "";
    const grows = name === "inspector" ? -1 : 1;
    const kept = Number(read(`flowstudio.${name}.width`));
    if (kept > 0) width(name, kept, edge);
    const now = () => Number(edge.getAttribute("aria-valuenow"));
    edge.addEventListener("pointerdown", e => {
      const [from, was] = [e.clientX, now()];
      const moved = new AbortController();
      edge.setPointerCapture(e.pointerId);
      edge.addEventListener("pointermove", m => width(name, was + grows * (m.clientX - from), edge), { signal: moved.signal });
      for (const end of ["pointerup", "pointercancel"]) edge.addEventListener(end, () => moved.abort(), { once: true });
    }, { signal });
    edge.addEventListener("keydown", e => {
      const by = e.key === "ArrowRight" ? 24 : e.key === "ArrowLeft" ? -24 : 0;
      if (by === 0) return;
      e.preventDefault();
      width(name, now() + grows * by, edge);
    }, { signal });
  }
  frame.addEventListener("click", e => {
    const button = e.target instanceof Element ? e.target.closest<HTMLElement>("[data-panel]") : null;
    const name = button?.dataset.panel;
    if (name === undefined) return;
    const open = !isOpen(name);
    show(name, open);
    if (!narrow.matches) write(`flowstudio.${name}`, open ? "open" : "closed");
  }, { signal });
  // Out of the settings, back to what they belong to. Lists and dialogs that are open there close by the same key first.
  frame.addEventListener("keydown", e => {
    if (e.key !== "Escape" || e.defaultPrevented || !(e.target instanceof HTMLElement) || !e.target.closest(".inspector")) return;
    if (e.target.matches("[aria-expanded=true]") || e.target.closest("dialog[open], [popover]:popover-open") || (e.target instanceof HTMLInputElement && e.target.type === "search" && e.target.value !== "")) return;
    frame.querySelector<HTMLElement>(".react-flow__node.selected")?.focus({ preventScroll: true });
  }, { signal });
  narrow.addEventListener("change", begin, { signal });
  begin();
  return {
    open(name: string) { show(name, true); },
    dispose() { ended.abort(); },
  };
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // storage is forbidden: as at the first visit
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch { /* kept for this page only */ }
}
