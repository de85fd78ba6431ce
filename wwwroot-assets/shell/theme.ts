// Loaded in <head> without defer: the theme is set before anything is painted. No inline script, so that the content security policy can forbid them.
import { railKey } from "./rail";

type Choice = "light" | "dark" | "system";
const key = "flowstudio.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

function read(): Choice {
  try {
    const stored = localStorage.getItem(key);
    return stored === "light" || stored === "dark" ? stored : "system";
  } catch { // storage may be forbidden; the system's choice is then the only one
    return "system";
  }
}
let choice = read();

function apply() {
  document.documentElement.dataset.theme = choice === "dark" || (choice === "system" && dark.matches) ? "dark" : "light";
}

apply();
try {
  if (localStorage.getItem(railKey) === "wide") document.documentElement.dataset.rail = "wide";
} catch { /* narrow, then */ }
dark.addEventListener("change", apply);
addEventListener("storage", e => { if (e.key === key) { choice = read(); apply(); } });

Object.assign(window, {
  flowStudioTheme: {
    get: () => choice,
    set(next: Choice) {
      choice = next;
      try { localStorage.setItem(key, next); } catch { /* kept for this page only */ }
      apply();
    },
  },
});
