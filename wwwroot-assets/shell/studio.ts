// What only the browser can do for the studio's pages; imported once per circuit by BrowserTools.cs.
export { keepVariable, uploadFiles } from "./upload";
export { chat } from "./chat";
export { dock } from "./dock";
export { panels } from "./panels";
export { recall, remember } from "./kept";
export { click, downloadFrom, importFiles, pressInSight } from "./files";
export { openMenu } from "./menu";
export { palette } from "./palette";
export { toggleRail } from "./rail";
export { send } from "./send";

export { brush } from "./chart";

/** Copies; without https the clipboard API is absent, then an invisible field does it. */
export async function copy(text: string): Promise<boolean> {
  if (navigator.clipboard && isSecureContext) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch { /* refused: try the old way */ }
  }
  const field = document.createElement("textarea");
  field.value = text;
  field.readOnly = true;
  field.className = "sr-only";
  (document.querySelector("dialog[open]") ?? document.body).append(field);
  const focused = document.activeElement;
  field.select();
  try {
    return document.execCommand("copy");
  } finally {
    field.remove();
    if (focused instanceof HTMLElement) focused.focus();
  }
}

/** Offers text as a file. */
export function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export function timeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

export function openModal(dialog: HTMLDialogElement): void {
  if (dialog.open) return;
  dialog.showModal();
  // The first in a dialog is the button that closes it: the keyboard begins at what the dialog is about.
  if (!document.activeElement?.closest(".modal-head")) return;
  const wanted = dialog.querySelectorAll<HTMLElement>(":is(.modal-body, .modal-foot) :is(input, select, textarea, button, a[href], [tabindex='0'], [contenteditable='true']):not(:disabled)");
  // What must be scrolled to is not where reading begins.
  [...wanted].find(e => e.offsetParent !== null && e.getBoundingClientRect().bottom < innerHeight)?.focus();
}

export function closeModal(dialog: HTMLDialogElement): void {
  if (dialog.open) dialog.close();
}

/** Keeps a list at its end while new lines come, until its reader scrolls up; says when that changes. */
export function follow(list: HTMLElement, server: { invokeMethodAsync(method: "FollowChanged", following: boolean): Promise<void> }) {
  let following = true;
  const atEnd = () => list.scrollHeight - list.scrollTop - list.clientHeight < 24;
  const toEnd = () => { list.scrollTop = list.scrollHeight; };
  const change = (next: boolean) => {
    if (next === following) return;
    following = next;
    void server.invokeMethodAsync("FollowChanged", next);
  };
  // Only what the reader does ends following: the browser's own adjustments also raise scroll events.
  const released = () => requestAnimationFrame(() => change(atEnd()));
  const observer = new ResizeObserver(() => { if (following) toEnd(); });
  const lines = new MutationObserver(() => { if (following) toEnd(); });
  list.addEventListener("wheel", released, { passive: true });
  list.addEventListener("pointerup", released);
  list.addEventListener("touchend", released);
  list.addEventListener("keyup", released);
  observer.observe(list);
  lines.observe(list, { childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: ["style"] });
  toEnd();
  return {
    resume() { change(true); toEnd(); },
    dispose() {
      observer.disconnect();
      lines.disconnect();
      list.removeEventListener("wheel", released);
      list.removeEventListener("pointerup", released);
      list.removeEventListener("touchend", released);
      list.removeEventListener("keyup", released);
    },
  };
}

