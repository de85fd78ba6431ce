/** What a component dragged out of the palette is to the browser. */
export const dragType = "application/x-flowstudio-component";

let current: string | undefined;
let canvases = 0;

/** The component being dragged: the browser tells what it is only when it is dropped. */
export const dragged = () => current;

function start(event: DragEvent) {
  const item = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-component]") : null;
  const type = item?.dataset["component"];
  if (type === undefined || !event.dataTransfer) return;
  current = type;
  event.dataTransfer.setData(dragType, type);
  event.dataTransfer.effectAllowed = "copy";
}

function end() { current = undefined; }

/** Entries of the palette carry their component when they are dragged, as long as there is a canvas. */
export function watchPalette(): () => void {
  if (canvases++ === 0) {
    document.addEventListener("dragstart", start);
    document.addEventListener("dragend", end);
  }
  return () => {
    if (--canvases > 0) return;
    document.removeEventListener("dragstart", start);
    document.removeEventListener("dragend", end);
  };
}
