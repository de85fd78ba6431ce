interface Marker {
  invokeMethodAsync(method: "BarsMarked", first: number, last: number): Promise<void>;
}

/** Lets the bars of a chart be hovered and dragged over; the server hears only which ones were marked in the end. */
export function brush(root: HTMLElement, overlay: HTMLElement, server: Marker) {
  const found = root.querySelector<HTMLElement>(".chart-plot");
  if (!found) return { dispose() {} };
  const plot = found;
  const band = document.createElement("div");
  band.className = "chart-band";
  band.hidden = true;
  const tip = document.createElement("div");
  tip.className = "chart-tip";
  tip.hidden = true;
  const [time, text] = [document.createElement("b"), document.createElement("span")];
  tip.append(time, text);
  overlay.append(band, tip);
  let from: number | null = null;

  const bars = () => plot.querySelectorAll<SVGGElement>(".chart-bars > g");
  const barAt = (x: number) => {
    const box = plot.getBoundingClientRect();
    const count = bars().length;
    return Math.min(count - 1, Math.max(0, Math.floor((x - box.left) / Math.max(1, box.width) * count)));
  };
  const percent = (bar: number) => `${bar / Math.max(1, bars().length) * 100}%`;
  const show = (first: number, last: number) => {
    band.hidden = false;
    band.style.left = percent(first);
    band.style.width = percent(last - first + 1);
  };
  const hide = () => { band.hidden = true; tip.hidden = true; };
  const point = (x: number) => {
    const at = barAt(x);
    const [first, last] = from === null ? [at, at] : [Math.min(from, at), Math.max(from, at)];
    const shown = bars();
    show(first, last);
    const [one, other] = [shown[first], shown[last]];
    if (!one || !other) return;
    tip.hidden = false;
    // Of several bars the whole time is said; of one, what is in it.
    time.textContent = first === last ? one.dataset.tipTime ?? "" : `${(one.dataset.tipTime ?? "").split(" – ")[0]} – ${(other.dataset.tipTime ?? "").split(" – ")[1]}`;
    text.textContent = first === last ? one.dataset.tipText ?? "" : "release to show this time only";
    const middle = (first + last + 1) / 2 / Math.max(1, shown.length);
    tip.style.left = `${middle * 100}%`;
    tip.dataset.side = middle > .8 ? "end" : middle < .2 ? "start" : "middle";
  };

  const down = (e: PointerEvent) => {
    if (e.button !== 0 || bars().length === 0) return;
    from = barAt(e.clientX);
    plot.setPointerCapture(e.pointerId);
    point(e.clientX);
  };
  const move = (e: PointerEvent) => { if (bars().length > 0) point(e.clientX); };
  const up = (e: PointerEvent) => {
    if (from === null) return;
    const at = barAt(e.clientX);
    const [first, last] = [Math.min(from, at), Math.max(from, at)];
    from = null;
    hide();
    void server.invokeMethodAsync("BarsMarked", first, last);
  };
  const cancel = () => { from = null; hide(); };
  const leave = () => { if (from === null) hide(); };
  const press = (e: KeyboardEvent) => {
    if (e.key === "Escape") cancel();
    // These scroll the page otherwise.
    if (["ArrowLeft", "ArrowRight", "Home", "End", " "].includes(e.key)) e.preventDefault();
  };
  plot.addEventListener("pointerdown", down);
  plot.addEventListener("pointermove", move);
  plot.addEventListener("pointerup", up);
  plot.addEventListener("pointercancel", cancel);
  plot.addEventListener("pointerleave", leave);
  plot.addEventListener("keydown", press);
  return {
    dispose() {
      plot.removeEventListener("pointerdown", down);
      plot.removeEventListener("pointermove", move);
      plot.removeEventListener("pointerup", up);
      plot.removeEventListener("pointercancel", cancel);
      plot.removeEventListener("pointerleave", leave);
      plot.removeEventListener("keydown", press);
      overlay.replaceChildren();
    },
  };
}
