// The command palette's keys: opening it, and going through its lines without asking the server.
const dialogOf = () => document.querySelector<HTMLDialogElement>("[data-commands-dialog]");
const optionsOf = (dialog: HTMLElement) => [...dialog.querySelectorAll<HTMLElement>("[role=option]")];

function select(dialog: HTMLElement, option: HTMLElement | undefined) {
  for (const other of optionsOf(dialog)) other.setAttribute("aria-selected", String(other === option));
  const field = dialog.querySelector("input");
  if (option) field?.setAttribute("aria-activedescendant", option.id);
  else field?.removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
}

function move(dialog: HTMLElement, by: number) {
  const all = optionsOf(dialog);
  const here = all.findIndex(o => o.getAttribute("aria-selected") === "true");
  select(dialog, all[(here + by + all.length) % all.length]);
}

/** Called once, by the shell. */
export function watchCommands(): void {
  document.addEventListener("keydown", e => {
    const dialog = dialogOf();
    if ((e.ctrlKey || e.metaKey) && !e.shiftKey && !e.altKey && e.key.toLowerCase() === "k") {
      // Another dialog keeps what it asks.
      if (!dialog?.open && document.querySelector("dialog[open]")) return;
      e.preventDefault();
      if (dialog?.open) dialog.close();
      else document.querySelector<HTMLElement>("[data-commands]")?.click();
      return;
    }
    if (!dialog?.open || !dialog.contains(e.target as Node)) return;
    if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      e.preventDefault();
      move(dialog, e.key === "ArrowDown" ? 1 : -1);
    } else if (e.key === "Enter" && !e.isComposing) {
      e.preventDefault();
      dialog.querySelector<HTMLElement>("[role=option][aria-selected=true]")?.click();
    }
  }, true);
  document.addEventListener("pointermove", e => {
    const option = e.target instanceof Element ? e.target.closest<HTMLElement>("[data-commands-dialog] [role=option]") : null;
    const dialog = dialogOf();
    if (option && dialog && option.getAttribute("aria-selected") !== "true") select(dialog, option);
  });
  document.addEventListener("click", e => {
    // Beside the box, which fills its dialog: on the dimmed page.
    if (e.target instanceof HTMLDialogElement && e.target.hasAttribute("data-commands-dialog")) e.target.close();
  });
  // Whatever the server lists anew, its first line is chosen: Enter takes the best match.
  new MutationObserver(changes => {
    const dialog = dialogOf();
    if (!dialog?.open || !changes.some(c => c.target instanceof Element && c.target.closest("#cmd-list"))) return;
    select(dialog, optionsOf(dialog)[0]);
  }).observe(document.body, { childList: true, subtree: true });
}
