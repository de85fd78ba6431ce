/** Small choices of the reader, kept for the next visit; where storage is forbidden they last as long as the page. */
const here = new Map<string, string>();

export function remember(key: string, value: string): void {
  here.set(key, value);
  try { localStorage.setItem(key, value); } catch { /* kept for this page only */ }
}

export function recall(key: string): string | null {
  try { return localStorage.getItem(key) ?? here.get(key) ?? null; } catch { return here.get(key) ?? null; }
}
