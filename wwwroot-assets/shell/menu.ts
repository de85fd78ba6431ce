// The lists of Menu.razor: popovers that the browser opens, closes and keeps above everything. Here: where they are, and the keys in them.
// One set of listeners for all menus of the page, so that opening one costs nothing and needs no server.
const margin = 8;

const items = (menu: HTMLElement) => [...menu.querySelectorAll<HTMLElement>("[role^=menuitem]")];
const isMenu = (target: EventTarget | null): target is HTMLElement => target instanceof HTMLElement && target.classList.contains("menu-pop");
const opener = (menu: HTMLElement) => document.querySelector<HTMLElement>(`[popovertarget="${menu.id}"]`);
const observers = new WeakMap<HTMLElement, MutationObserver>();

/** Below the button and flush with its end, or where there is room. */
function place(menu: HTMLElement) {
  // On the element, as two bundles share it.
  const at = menu.dataset.at?.split(",").map(Number);
  const anchor = opener(menu)?.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  let left: number, top: number;
  if (at) {
    [left, top] = [at[0], at[1] + height > innerHeight - margin ? at[1] - height : at[1]];
  } else if (anchor) {
    left = anchor.right - width < margin ? anchor.left : anchor.right - width;
    top = anchor.bottom + 4 + height > innerHeight - margin && anchor.top - 4 - height > margin ? anchor.top - 4 - height : anchor.bottom + 4;
  } else {
    return;
  }
  menu.style.left = `${Math.max(margin, Math.min(left, innerWidth - width - margin))}px`;
  menu.style.top = `${Math.max(margin, Math.min(top, innerHeight - height - margin))}px`;
}

/** The items may still be on their way from the server. */
function arrange(menu: HTMLElement) {
  place(menu);
  const all = items(menu);
  if (all.length > 0 && !menu.contains(document.activeElement)) (all.find(i => i.getAttribute("aria-checked") === "true") ?? all[0]).focus({ preventScroll: true });
}

/** Opens a menu at a place in the window. */
export function openMenu(menu: HTMLElement, x: number, y: number): void {
  menu.dataset.at = `${x},${y}`;
  if (!menu.matches(":popover-open")) menu.showPopover();
  else arrange(menu);
}

function move(menu: HTMLElement, e: KeyboardEvent) {
  const all = items(menu);
  const here = all.indexOf(document.activeElement as HTMLElement);
  const to = (i: number) => { all[(i + all.length) % all.length]?.focus(); e.preventDefault(); };
  if (e.key === "ArrowDown") to(here + 1);
  else if (e.key === "ArrowUp") to(here < 0 ? -1 : here - 1);
  else if (e.key === "Home") to(0);
  else if (e.key === "End") to(-1);
  else if (e.key === "Tab") menu.hidePopover();
  else if (e.key.length === 1 && e.key !== " " && !e.ctrlKey && !e.metaKey && !e.altKey) {
    const next = [...all.slice(here + 1), ...all.slice(0, here + 1)].find(i => i.textContent?.trim().toLowerCase().startsWith(e.key.toLowerCase()));
    if (next) { next.focus(); e.preventDefault(); }
  }
}

/** Called once, by the shell. */
export function watchMenus(): void {
  document.addEventListener("toggle", e => {
    if (!isMenu(e.target)) return;
    const menu = e.target;
    const open = (e as ToggleEvent).newState === "open";
    opener(menu)?.setAttribute("aria-expanded", String(open));
    observers.get(menu)?.disconnect();
    if (!open) { delete menu.dataset.at; return; }
    const observer = new MutationObserver(() => arrange(menu));
    observer.observe(menu, { childList: true, subtree: true });
    observers.set(menu, observer);
    arrange(menu);
  }, true);
  document.addEventListener("keydown", e => {
    const menu = e.target instanceof Element ? e.target.closest<HTMLElement>(".menu-pop:popover-open") : null;
    if (menu) move(menu, e);
    else if (e.key === "ArrowDown" && e.target instanceof HTMLElement && e.target.matches("[aria-haspopup=menu][popovertarget]:not([aria-expanded=true])")) {
      e.preventDefault();
      e.target.click();
    }
  }, true);
  document.addEventListener("click", e => {
    const item = e.target instanceof Element ? e.target.closest<HTMLElement>(".menu-pop [role^=menuitem]") : null;
    if (item && item.getAttribute("aria-disabled") !== "true") item.closest<HTMLElement>(".menu-pop")?.hidePopover();
  });
  // What a menu belongs to moves away under it.
  document.addEventListener("scroll", e => {
    for (const menu of document.querySelectorAll<HTMLElement>(".menu-pop:popover-open")) {
      const button = opener(menu);
      if (button && e.target instanceof Node && e.target.contains(button) && !menu.contains(e.target)) menu.hidePopover();
    }
  }, true);
  addEventListener("resize", () => document.querySelectorAll<HTMLElement>(".menu-pop:popover-open").forEach(menu => menu.hidePopover()));
}
