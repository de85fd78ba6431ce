// The page of clients: the language stays chosen, and a program is copied as it is shown.
const key = "flowstudio.docs.language";
const languages = [...document.querySelectorAll(".docs-language")];
let kept = null;
try { kept = localStorage.getItem(key); } catch { /* nothing is kept, then */ }
for (const language of languages) {
  if (language.value === kept) language.checked = true;
  language.addEventListener("change", () => {
    try { localStorage.setItem(key, language.value); } catch { /* for this page only */ }
  });
}
for (const button of document.querySelectorAll(".docs-copy")) {
  button.addEventListener("click", async () => {
    const shown = [...button.closest("article").querySelectorAll("pre")].find(pre => pre.offsetParent !== null);
    await navigator.clipboard.writeText(shown.textContent);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
}
