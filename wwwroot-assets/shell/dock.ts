const smallest = 96;
const aboveIt = 160;

/** The dock below the canvas: its upper edge is moved by pointer or arrow keys; height, tab and folding are kept for the next visit. */
export function dock(frame: HTMLElement) {
  const key = "flowstudio.dock";
  const handle = frame.querySelector<HTMLElement>(".dock-handle");
  const set = (height: number) => {
    const room = (frame.parentElement?.clientHeight ?? innerHeight) - aboveIt;
    const fits = Math.round(Math.min(Math.max(height, smallest), Math.max(smallest, room)));
    frame.style.setProperty("--dock", `${fits}px`);
    handle?.setAttribute("aria-valuenow", String(fits));
    handle?.setAttribute("aria-valuemax", String(Math.max(smallest, room)));
    return fits;
  };
  const kept = Number(read(key));
  if (kept > 0) set(kept);
  const move = (e: PointerEvent) => write(key, String(set(frame.getBoundingClientRect().bottom - e.clientY)));
  const down = (e: PointerEvent) => { handle?.setPointerCapture(e.pointerId); handle?.addEventListener("pointermove", move); };
  const up = () => handle?.removeEventListener("pointermove", move);
  const press = (e: KeyboardEvent) => {
    const by = e.key === "ArrowUp" ? 24 : e.key === "ArrowDown" ? -24 : 0;
    if (by === 0) return;
    e.preventDefault();
    write(key, String(set(frame.clientHeight + by)));
  };
  handle?.addEventListener("pointerdown", down);
  handle?.addEventListener("pointerup", up);
  handle?.addEventListener("pointercancel", up);
  handle?.addEventListener("keydown", press);
  return {
    keep(word: string) { write(`${key}.tab`, word); },
    kept: () => read(`${key}.tab`),
    dispose() {
      up();
      handle?.removeEventListener("pointerdown", down);
      handle?.removeEventListener("pointerup", up);
      handle?.removeEventListener("pointercancel", up);
      handle?.removeEventListener("keydown", press);
    },
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
