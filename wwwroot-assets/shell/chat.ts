/** A chat: Enter sends and Shift+Enter breaks the line; the field grows with its text, and what is said stays in view until its reader scrolls up. */
export function chat(form: HTMLFormElement, list: HTMLElement) {
  const field = form.querySelector("textarea");
  const grow = () => {
    if (!field) return;
    field.style.height = "auto";
    field.style.height = `${Math.min(field.scrollHeight + 2, 160)}px`;
  };
  const press = (e: KeyboardEvent) => {
    if (e.key !== "Enter" || e.shiftKey || e.isComposing) return;
    e.preventDefault();
    form.requestSubmit();
  };
  // The server empties the field, which raises no event.
  const sent = () => setTimeout(grow, 150);
  let atEnd = true;
  const scrolled = () => { atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40; };
  const toEnd = () => { if (atEnd) list.scrollTop = list.scrollHeight; };
  const lines = new MutationObserver(toEnd);
  field?.addEventListener("keydown", press);
  field?.addEventListener("input", grow);
  form.addEventListener("submit", sent);
  list.addEventListener("scroll", scrolled, { passive: true });
  lines.observe(list, { childList: true, subtree: true, characterData: true });
  toEnd();
  return {
    dispose() {
      lines.disconnect();
      field?.removeEventListener("keydown", press);
      field?.removeEventListener("input", grow);
      form.removeEventListener("submit", sent);
      list.removeEventListener("scroll", scrolled);
    },
  };
}
