import { watchHotkeys } from "./hotkeys";
import { watchMenus } from "./menu";
import { watchCommands } from "./commands";
import { toggleRail } from "./rail";
import { watchRows } from "./roving";
import { watchSelect } from "./select";

// Runs beside Blazor, so that it works while the connection is lost.
// Blazor marks the banner with a class; what it does not do by itself: try again when the tab comes back, never give up, and load the page
// anew when the server no longer knows this circuit.
const banner = document.getElementById("components-reconnect-modal");
const blazor = () => (window as unknown as { Blazor?: { reconnect(): Promise<boolean> } }).Blazor;
let again: ReturnType<typeof setTimeout> | undefined;

function lost() { return banner?.classList.contains("components-reconnect-failed") ?? false; }
function gone() { return banner?.classList.contains("components-reconnect-rejected") ?? false; }

/** What only works with the server cannot be touched while it is not reached, and says so: data-offline is for the sheets. */
function mark() {
  const away = banner !== null && ["show", "failed", "rejected"].some(state => banner.classList.contains(`components-reconnect-${state}`));
  document.documentElement.toggleAttribute("data-offline", away);
  for (const part of document.querySelectorAll<HTMLElement>("[data-needs-server]")) part.inert = away;
}

async function reconnect() {
  clearTimeout(again);
  if (!lost()) return;
  try {
    if (await blazor()?.reconnect() === false) location.reload();
  } catch { // still no server
    again = setTimeout(reconnect, 3000);
  }
}

if (banner) {
  new MutationObserver(() => {
    mark();
    if (gone()) location.reload();
    else if (lost()) { clearTimeout(again); again = setTimeout(reconnect, 1000); }
  }).observe(banner, { attributes: true, attributeFilter: ["class"] });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) void reconnect(); });
}
document.addEventListener("click", e => {
  if (!(e.target instanceof Element)) return;
  if (e.target.closest("[data-reload]")) location.reload();
  if (e.target.closest("[data-rail-toggle]")) toggleRail();
  // Not by its fragment: the page's base address would turn "#main" into "/#main".
  if (e.target.closest("[data-skip]")) {
    e.preventDefault();
    document.getElementById("main")?.focus();
  }
});
watchMenus();
watchSelect();
watchRows();
watchHotkeys();
watchCommands();
