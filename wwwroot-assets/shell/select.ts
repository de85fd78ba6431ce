/** A field marked data-select is entered with its text marked, so that typing replaces it: by keys, and by the click that enters it. */
export function watchSelect(): void {
  let entered: EventTarget | null = null;
  document.addEventListener("focusin", e => {
    if (!(e.target instanceof HTMLInputElement) || e.target.dataset.select === undefined) return;
    entered = e.target;
    e.target.select();
  });
  document.addEventListener("click", e => {
    if (entered !== null && e.target === entered) (entered as HTMLInputElement).select();
    entered = null;
  });
}
