import type { Bridge } from "./bridge";
import { OfflineQueue, tabs } from "./queue";
import type { CanvasStore } from "./store";
import type { Edit, Graph } from "./types";

/** How long an edit stands on the picture after its answer when no graph came with it. */
const patience = 1500;

/** How long until the server is tried again when nobody tells that it is back. */
const retry = 3000;

/** Sends edits while there is a server, keeps them while there is none, and hands them over when it is back. */
export class Session {
  private readonly queue: OfflineQueue;
  private flowId = "";
  private handing = false;
  private readonly watch: MutationObserver | null;

  constructor(private readonly store: CanvasStore, private readonly bridge: Bridge) {
    const { name, alive } = tabs();
    this.queue = new OfflineQueue(storage(), name, alive);
    this.watch = watchConnection(online => this.connection(online));
  }

  dispose() { this.watch?.disconnect(); }

  /** Shows an edit and sends it; offline it is kept instead. */
  edit(edit: Edit): void {
    if (!this.store.getEditable()) return;
    const number = this.bridge.next;
    this.store.add(edit, number);
    if (!this.store.getOnline()) {
      this.keep();
      return;
    }
    this.bridge.deliver(edit).then(
      () => { setTimeout(() => this.store.drop(number), patience); },
      (reason: unknown) => {
        if (lost() || /connect/i.test(String(reason))) {
          console.warn("An edit is kept until the server is back.", reason);
          this.connection(false);
        } else {
          console.error("The server failed at an edit.", reason);
          this.store.drop(number);
          this.store.say({ words: "The server could not do that. It is as it was before.", x: null, y: null });
        }
      });
  }

  graph(graph: Graph, handled: number): void {
    if (graph.appliedOffline) {
      this.queue.forget(graph.flowId);
      this.handing = false;
    }
    if (graph.flowId !== this.flowId) {
      this.flowId = graph.flowId;
      // What an earlier page could not send goes first.
      void this.queue.take(graph.flowId).then(kept => {
        if (kept === null || this.flowId !== graph.flowId) return;
        this.store.keep(kept.edits);
        this.hand(kept.baseRevision);
      });
    }
    this.store.setGraph(graph, handled);
  }

  /** What was shown of the edits heard so far is taken back. */
  refused(reason: string, handled: number): void {
    this.store.dropUntil(handled);
    this.store.say({ words: reason, x: null, y: null });
  }

  connection(online: boolean): void {
    const was = this.store.getOnline();
    this.store.setOnline(online);
    if (!online) {
      this.handing = false;
      this.keep();
      // A call failed though Blazor sees a connection: it may only have been between two.
      if (!lost()) setTimeout(() => { if (!lost()) this.connection(true); }, retry);
    } else if (!was) {
      this.hand(this.base ?? this.revision);
    }
  }

  private base: number | null = null;

  private get revision() { return this.store.getServer()?.revision ?? 0; }

  private keep() {
    const edits = this.store.keepPending();
    if (edits.length === 0) return;
    this.base ??= this.revision;
    this.queue.keep(this.flowId, { baseRevision: this.base, edits });
  }

  private hand(baseRevision: number) {
    const edits = this.store.getKept();
    if (edits.length === 0 || this.handing) return;
    this.handing = true;
    this.base = null;
    this.bridge.deliver({ type: "offline", baseRevision, edits }).catch((reason: unknown) => {
      this.base = baseRevision;
      this.connection(false);
      console.warn("What was drawn offline is kept: the server is not back.", reason);
    });
  }
}

function storage(): Storage | null {
  try { return localStorage; } catch { return null; }
}

const banner = () => document.getElementById("components-reconnect-modal");

/** Blazor marks the state of its connection by a class on the banner. */
function lost(): boolean {
  return ["show", "failed", "rejected", "retrying"].some(state => banner()?.classList.contains(`components-reconnect-${state}`));
}

function watchConnection(changed: (online: boolean) => void): MutationObserver | null {
  const element = banner();
  if (element === null) return null;
  let was = lost();
  const observer = new MutationObserver(() => {
    const is = lost();
    if (is === was) return;
    was = is;
    changed(!is);
  });
  observer.observe(element, { attributes: true, attributeFilter: ["class"] });
  return observer;
}
