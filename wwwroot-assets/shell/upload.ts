// What goes to the API straight from the browser, past the circuit: secrets, so that no page ever holds one, and files, which are too large for it.

/** Keeps what stands in a field as a variable; the field is emptied once it is kept. Answers the status, and why when it was refused. */
export async function keepVariable(field: HTMLInputElement, address: string, kind: "secret" | "generic"): Promise<{ status: number; problem: string }> {
  try {
    const answer = await fetch(address, { method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ value: field.value, kind }), credentials: "same-origin" });
    if (!answer.ok) return { status: answer.status, problem: problemOf(await answer.text(), answer.status) };
    field.value = "";
    return { status: answer.status, problem: "" };
  } catch (reason) {
    return { status: 0, problem: reason instanceof Error ? reason.message : String(reason) };
  }
}

interface Uploads {
  invokeMethodAsync(method: "Sending", number: number, name: string, size: number, sent: number): Promise<void>;
  invokeMethodAsync(method: "Sent", number: number, id: string | null, problem: string): Promise<void>;
}

/** Files chosen in the field, or dropped on `area`, are uploaded one after the other; the server hears how far each is, a few times a second. */
export function uploadFiles(field: HTMLInputElement, area: HTMLElement, address: string, server: Uploads) {
  let number = 0;
  let current: XMLHttpRequest | undefined;
  let gone = false;
  const hasFiles = (e: DragEvent) => e.dataTransfer?.types.includes("Files") ?? false;
  const over = (e: DragEvent) => {
    if (!hasFiles(e) || field.disabled) return;
    e.preventDefault();
    e.stopPropagation();
    area.classList.add("over");
  };
  const leave = () => area.classList.remove("over");
  const drop = (e: DragEvent) => {
    if (!hasFiles(e) || field.disabled) return;
    e.preventDefault();
    e.stopPropagation();
    leave();
    void take([...e.dataTransfer?.files ?? []]);
  };
  const chosen = () => {
    const files = [...field.files ?? []];
    field.value = "";
    void take(files);
  };
  async function take(files: File[]) {
    for (const file of files) {
      if (gone) return;
      const mine = ++number;
      await server.invokeMethodAsync("Sending", mine, file.name, file.size, 0);
      const [id, problem] = await send(file, mine);
      if (!gone) await server.invokeMethodAsync("Sent", mine, id, problem);
    }
  }
  function send(file: File, mine: number) {
    return new Promise<[string | null, string]>(resolve => {
      const request = current = new XMLHttpRequest();
      let told = 0;
      request.open("POST", address);
      request.upload.onprogress = e => {
        if (performance.now() - told < 200) return;
        told = performance.now();
        void server.invokeMethodAsync("Sending", mine, file.name, file.size, e.loaded);
      };
      request.onload = () => resolve(request.status === 201 ? [idOf(request.responseText), ""] : [null, problemOf(request.responseText, request.status)]);
      request.onerror = () => resolve([null, "The connection was lost. Try again."]);
      request.onabort = () => resolve([null, ""]);
      const form = new FormData();
      form.append("file", file);
      request.send(form);
    });
  }
  field.addEventListener("change", chosen);
  area.addEventListener("dragover", over);
  area.addEventListener("dragleave", leave);
  area.addEventListener("drop", drop);
  return {
    dispose() {
      gone = true;
      current?.abort();
      field.removeEventListener("change", chosen);
      area.removeEventListener("dragover", over);
      area.removeEventListener("dragleave", leave);
      area.removeEventListener("drop", drop);
    },
  };
}

function idOf(body: string): string | null {
  const id: unknown = (JSON.parse(body) as { id?: unknown }).id;
  return typeof id === "string" ? id : null;
}

/** What the API says is wrong (problem details), else the status alone. */
function problemOf(body: string, status: number): string {
  try {
    const { detail, title } = JSON.parse(body) as { detail?: string; title?: string };
    if (detail ?? title) return String(detail ?? title).slice(0, 1_000);
  } catch { /* no JSON: the status says it */ }
  return `The server answered ${status}.`;
}
