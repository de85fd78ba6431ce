// Rows of tabs and of choices, wherever they are: Tab goes to the chosen one and on, arrow keys go along the row.
const rows = "[role=tablist], [role=radiogroup]";

const itemsOf = (row: Element) => [...row.querySelectorAll<HTMLElement>("[role=tab], [role=radio]")].filter(item => !item.matches(":disabled, [aria-disabled=true]"));
const isChosen = (item: Element) => item.getAttribute("aria-selected") === "true" || item.getAttribute("aria-checked") === "true";

/** Asked just before the browser moves the focus, so that no page need keep it up to date. */
function rove() {
  for (const row of document.querySelectorAll(rows)) {
    const items = itemsOf(row);
    const one = items.find(item => item === document.activeElement) ?? items.find(isChosen) ?? items[0];
    for (const item of items) item.tabIndex = item === one ? 0 : -1;
  }
}

/** Where a key leads from one of `count` items; null when it is not a key of such a row. Choices also take the keys up and down, as the browser's own do. */
function next(key: string, here: number, count: number, choices: boolean): number | null {
  switch (key) {
    case "ArrowRight": return (here + 1) % count;
    case "ArrowLeft": return (here - 1 + count) % count;
    case "ArrowDown": return choices ? (here + 1) % count : null;
    case "ArrowUp": return choices ? (here - 1 + count) % count : null;
    case "Home": return 0;
    case "End": return count - 1;
    default: return null;
  }
}

/** Called once, by the shell. */
export function watchRows(): void {
  // Before the canvas hears it, whose notes have such a row: there arrow keys move what is selected.
  document.addEventListener("keydown", e => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (e.key === "Tab") return rove();
    const item = e.target instanceof Element ? e.target.closest<HTMLElement>("[role=tab], [role=radio]") : null;
    const row = item?.closest(rows);
    if (!item || !row) return;
    const items = itemsOf(row);
    const to = items[next(e.key, items.indexOf(item), items.length, row.matches("[role=radiogroup]")) ?? -1];
    if (to === undefined) return;
    e.preventDefault();
    e.stopPropagation();
    if (to === item) return;
    to.focus();
    to.click();
  }, true);
}
