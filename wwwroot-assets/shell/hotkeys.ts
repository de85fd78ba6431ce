/** Presses the button that says it has the key: data-hotkey="Ctrl+Enter", several with a space between. Keys without Ctrl are letters while one types. */
export function watchHotkeys(): void {
  document.addEventListener("keydown", e => {
    if (e.defaultPrevented || e.repeat || e.isComposing || document.querySelector("dialog[open], [popover]:popover-open")) return;
    const name = nameOf(e);
    // What takes an answer has this key for itself.
    const answer = name === "Ctrl+Enter" && e.target instanceof Element ? e.target.closest("[data-sends]") : null;
    if (answer) {
      e.preventDefault();
      answer.querySelector<HTMLButtonElement>("[data-send]:not(:disabled)")?.click();
      return;
    }
    const button = [...document.querySelectorAll<HTMLButtonElement>("[data-hotkey]")].find(b => b.dataset.hotkey?.split(" ").includes(name) && !b.disabled);
    // In a field Ctrl+Z is the field's own.
    if (button === undefined || (isTyping(e.target) && !["Ctrl+Enter", "Ctrl+S"].includes(name))) return;
    e.preventDefault();
    button.click();
  });
}

function nameOf(e: KeyboardEvent): string {
  const key = e.key.length === 1 ? e.key.toUpperCase() : e.key;
  const ctrl = e.ctrlKey || e.metaKey;
  // A sign is one key wherever the keyboard has it: Shift is said only of letters.
  return (ctrl ? "Ctrl+" : "") + (e.altKey ? "Alt+" : "") + (e.shiftKey && (e.key.length > 1 || ctrl) ? "Shift+" : "") + key;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));
}
