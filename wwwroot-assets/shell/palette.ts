interface Server { invokeMethodAsync(method: "Leave"): Promise<void>; }

/** Keeps the chosen entry of the palette in sight, arrow keys from scrolling it, and tells when a palette that lies over the canvas is left. */
export function palette(root: HTMLElement, server: Server) {
  const over = () => getComputedStyle(root).position === "absolute" && root.classList.contains("open");
  const leave = () => { if (over()) void server.invokeMethodAsync("Leave"); };
  const seen = new MutationObserver(() => root.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" }));
  const key = (e: KeyboardEvent) => {
    if (e.key === "ArrowDown" || e.key === "ArrowUp") e.preventDefault();
    if (e.key !== "Escape") return;
    if (e.target instanceof HTMLInputElement && e.target.value !== "") return; // the browser empties the field first
    (document.activeElement as HTMLElement | null)?.blur();
    leave();
  };
  const outside = (e: PointerEvent) => {
    if (e.target instanceof Element && !root.contains(e.target) && !e.target.closest(".palette-open")) leave();
  };
  seen.observe(root, { subtree: true, attributes: true, attributeFilter: ["aria-selected"] });
  root.addEventListener("keydown", key);
  document.addEventListener("pointerdown", outside, true);
  // Dragged out of it, the entry wants the canvas that lies below.
  root.addEventListener("dragstart", leaveSoon);
  function leaveSoon() { setTimeout(leave, 50); }
  return {
    dispose() {
      seen.disconnect();
      root.removeEventListener("keydown", key);
      root.removeEventListener("dragstart", leaveSoon);
      document.removeEventListener("pointerdown", outside, true);
    },
  };
}
