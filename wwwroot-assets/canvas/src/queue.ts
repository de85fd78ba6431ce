import { edit, type Edit } from "./types";

/** What was drawn without the server: on which revision, and what. */
export interface Kept { baseRevision: number; edits: Edit[]; }

export interface Shelf { getItem(key: string): string | null; setItem(key: string, value: string): void; removeItem(key: string): void; readonly length: number; key(index: number): string | null; }

const prefix = "flowstudio.offline.";

/**
 * Keeps edits made offline in the browser's storage, by flow and by tab, so that two tabs do not overwrite each other's. What a closed tab left
 * behind is taken over by the next one that opens the flow; `alive` tells which tabs are open still, or null when that cannot be known.
 */
export class OfflineQueue {
  constructor(private readonly shelf: Shelf | null, private readonly tab: string, private readonly alive: () => Promise<Set<string> | null>) {}

  keep(flowId: string, kept: Kept): boolean {
    if (flowId === "") return false;
    try {
      if (kept.edits.length === 0) this.shelf?.removeItem(this.key(flowId, this.tab));
      else this.shelf?.setItem(this.key(flowId, this.tab), JSON.stringify(kept));
      return this.shelf !== null;
    } catch {
      return false; // full, or forbidden: the edits live as long as this page does
    }
  }

  /** This tab's, then those of tabs that are gone. */
  async take(flowId: string): Promise<Kept | null> {
    if (flowId === "" || this.shelf === null) return null;
    const open = await this.alive();
    const keys = this.keys(flowId).filter(tab => tab === this.tab || open?.has(tab) === false).sort((a, b) => Number(b === this.tab) - Number(a === this.tab));
    let all: Kept | null = null;
    for (const tab of keys) {
      const kept = read(this.shelf.getItem(this.key(flowId, tab)));
      if (kept) all = all === null ? kept : { baseRevision: Math.min(all.baseRevision, kept.baseRevision), edits: [...all.edits, ...kept.edits] };
      if (tab !== this.tab) this.shelf.removeItem(this.key(flowId, tab));
    }
    if (all) this.keep(flowId, all);
    return all;
  }

  forget(flowId: string): void { this.keep(flowId, { baseRevision: 0, edits: [] }); }

  private key(flowId: string, tab: string) { return `${prefix}${flowId}.${tab}`; }

  private keys(flowId: string): string[] {
    const found: string[] = [];
    const start = `${prefix}${flowId}.`;
    for (let i = 0; i < (this.shelf?.length ?? 0); i++) {
      const key = this.shelf?.key(i);
      if (key?.startsWith(start)) found.push(key.slice(start.length));
    }
    return found;
  }
}

/** What is not what this program wrote is nothing. */
function read(json: string | null): Kept | null {
  if (json === null) return null;
  try {
    const { baseRevision, edits } = JSON.parse(json) as { baseRevision: unknown; edits: unknown };
    if (typeof baseRevision !== "number" || !Array.isArray(edits) || edits.length === 0) return null;
    return { baseRevision, edits: edits.map((e, i) => edit(e, `edits[${i}]`)) };
  } catch (reason) {
    console.warn("Edits kept while offline could not be read.", reason);
    return null;
  }
}

/** This tab's name, held as a lock as long as the page lives; and the names of all tabs that are open. */
export function tabs(): { name: string; alive: () => Promise<Set<string> | null> } {
  const key = "flowstudio.tab";
  let name: string = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
  try {
    name = sessionStorage.getItem(key) ?? name;
    sessionStorage.setItem(key, name);
  } catch { /* storage is forbidden: a new name each time */ }
  const locks = (navigator as { locks?: LockManager }).locks;
  // Without https there are no locks: then what another tab left stays until it comes back itself.
  if (!locks) return { name, alive: () => Promise.resolve(null) };
  void locks.request(`${key}.${name}`, { mode: "shared" }, () => new Promise<void>(() => {}));
  return {
    name,
    alive: async () => new Set(((await locks.query()).held ?? []).flatMap(l => l.name?.startsWith(`${key}.`) ? [l.name.slice(key.length + 1)] : [])),
  };
}
