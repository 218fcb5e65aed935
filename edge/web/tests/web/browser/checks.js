// What is wrong with the page as it stands, in words. Beyond what axe looks for.
const found = [];
const [lang, said] = arguments;
// Without what the data says: names, titles, numbers of documents.
const own = (text) => said.reduce((left, word) => left.replaceAll(word, ""), text).replace(/[\u4e00-\u9fff]+〔\d+〕\d+号/g, "").trim();
const root = document.documentElement;
if (!root.lang.startsWith(lang)) found.push(`lang is ${root.lang}`);
if (root.scrollWidth > innerWidth) {
  const over = [...document.querySelectorAll("body *")].filter(
    (it) => it.getBoundingClientRect().right > innerWidth + 1 && getComputedStyle(it).position !== "fixed",
  );
  const name = over.length ? `${over[0].tagName}.${over[0].className}` : "?";
  found.push(`scrolls sideways: ${root.scrollWidth} > ${innerWidth}, ${name}`);
}
if (document.querySelectorAll("h1").length !== 1) found.push("not one h1");
// A word that is not the reader's language, where the program speaks and not the data.
const spoken = "label, legend, button, th, summary, .hint, .btn, nav a, h1, h2, .note-text, .error-text";
const foreign = lang === "en" ? /[\u4e00-\u9fff]/ : /^[a-z]+([._][a-z_]+)+$/;
for (const it of document.querySelectorAll(spoken)) {
  if (it.closest("[lang]:not(html)") || it.querySelector("[lang]")) continue;
  const text = own(it.textContent || "");
  if (foreign.test(text)) found.push(`${it.tagName} speaks otherwise: ${text.slice(0, 60)}`);
}
for (const it of document.querySelectorAll("[placeholder], [title], [aria-label], [alt]")) {
  if (it.closest("[lang]:not(html)")) continue;
  for (const name of ["placeholder", "title", "aria-label", "alt"]) {
    const text = own(it.getAttribute(name) || "");
    if (foreign.test(text)) found.push(`${name} speaks otherwise: ${text.slice(0, 60)}`);
  }
}
return found;
