// The rail is wide, with names, or narrow; theme.ts sets what was chosen before the first paint.
export const railKey = "flowstudio.rail";

export function toggleRail(): void {
  const root = document.documentElement;
  const wide = root.dataset.rail !== "wide";
  if (wide) root.dataset.rail = "wide";
  else delete root.dataset.rail;
  try { localStorage.setItem(railKey, wide ? "wide" : "narrow"); } catch { /* kept for this page only */ }
}
