// Files in and out of the pages, by HTTP: a circuit's messages are small.

interface Importer {
  invokeMethodAsync(method: "Importing"): Promise<void>;
  invokeMethodAsync(method: "Imported", name: string, status: number, body: string): Promise<void>;
}

/** Files chosen in the field, or dropped anywhere on the page, go to the import of the API; the server hears what became of each. */
export function importFiles(field: HTMLInputElement, address: string, server: Importer) {
  const root = document.documentElement;
  let depth = 0;
  const mark = () => root.toggleAttribute("data-dragging", depth > 0);
  const hasFiles = (e: DragEvent) => e.dataTransfer?.types.includes("Files") ?? false;
  const enter = (e: DragEvent) => { if (hasFiles(e)) { depth++; mark(); } };
  const leave = (e: DragEvent) => { if (hasFiles(e)) { depth = Math.max(0, depth - 1); mark(); } };
  const over = (e: DragEvent) => { if (hasFiles(e)) e.preventDefault(); };
  const drop = (e: DragEvent) => {
    if (!hasFiles(e)) return;
    e.preventDefault();
    depth = 0;
    mark();
    void take([...e.dataTransfer?.files ?? []]);
  };
  const chosen = () => {
    const files = [...field.files ?? []];
    field.value = "";
    void take(files);
  };
  async function take(files: File[]) {
    if (files.length > 0) await server.invokeMethodAsync("Importing");
    for (const file of files) {
      let [status, body] = [0, ""];
      try {
        // As it is, not as text: a zip, or JSON in whatever encoding it claims to be.
        const answer = await fetch(address, { method: "POST", headers: { "Content-Type": await typeOf(file) }, body: file, credentials: "same-origin" });
        [status, body] = [answer.status, short(await answer.text())];
      } catch (reason) {
        body = reason instanceof Error ? reason.message : String(reason);
      }
      await server.invokeMethodAsync("Imported", file.name, status, body);
    }
  }
  document.addEventListener("dragenter", enter);
  document.addEventListener("dragleave", leave);
  document.addEventListener("dragover", over);
  document.addEventListener("drop", drop);
  field.addEventListener("change", chosen);
  return {
    dispose() {
      depth = 0;
      mark();
      document.removeEventListener("dragenter", enter);
      document.removeEventListener("dragleave", leave);
      document.removeEventListener("dragover", over);
      document.removeEventListener("drop", drop);
      field.removeEventListener("change", chosen);
    },
  };
}

/** By its first bytes: names lie, and systems disagree on types. */
async function typeOf(file: File): Promise<string> {
  const [p, k] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  return p === 0x50 && k === 0x4b ? "application/zip" : "application/json";
}

/** Of a long list only the beginning and the length go on to the server. */
function short(body: string): string {
  try {
    const answer = JSON.parse(body) as { items?: { id?: string }[] };
    if (Array.isArray(answer.items)) return JSON.stringify({ count: answer.items.length, items: answer.items.slice(0, 20).map(i => ({ id: i.id })) });
  } catch { /* no JSON: as it is */ }
  return body.slice(0, 8_000);
}

/** Saves the answer to a request as a file; gives the reason when it was refused. */
export async function downloadFrom(address: string, json: string, name: string): Promise<string | null> {
  try {
    const answer = await fetch(address, { method: "POST", headers: { "Content-Type": "application/json" }, body: json, credentials: "same-origin" });
    if (!answer.ok) {
      const problem = await answer.json().catch(() => ({})) as { detail?: string };
      return problem.detail ?? `the server answered ${answer.status}.`;
    }
    const url = URL.createObjectURL(await answer.blob());
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
    return null;
  } catch (reason) {
    return reason instanceof Error ? reason.message : String(reason);
  }
}

export function click(element: HTMLElement): void {
  element.click();
}

/** Presses a button when it is nearly in sight: the end of a list that goes on. */
export function pressInSight(button: HTMLButtonElement) {
  const observer = new IntersectionObserver(entries => { if (entries.some(e => e.isIntersecting)) press(); }, { rootMargin: "600px" });
  // Still in sight after a page was added: the observer alone would stay silent.
  const again = new MutationObserver(() => { observer.unobserve(button); observer.observe(button); });
  const press = () => { if (!button.disabled) button.click(); };
  observer.observe(button);
  again.observe(button, { attributes: true, attributeFilter: ["disabled"] });
  return { dispose() { observer.disconnect(); again.disconnect(); } };
}
