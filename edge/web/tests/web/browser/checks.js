// What is wrong with the page as it stands, in words. Beyond what axe looks for.
const found = [];
const [lang, said] = arguments;
// Without what the data says: names, titles, numbers of documents.
const own = (text) => said.reduce((left, word) => left.replaceAll(word, ""), text).replace(/[\u4e00-\u9fff]+〔\d+〕\d+号/g, "").trim();
const root = document.documentElement;
// A kept paper is in both languages.
const both = document.querySelector(`article[lang^="${lang}"]`);
if (!root.lang.startsWith(lang) && !both) found.push(`lang is ${root.lang}`);
if (root.scrollWidth > innerWidth) {
  const over = [...document.querySelectorAll("body *")].filter(
    (it) => it.getBoundingClientRect().right > innerWidth + 1 && getComputedStyle(it).position !== "fixed",
  );
  const name = over.length ? `${over[0].tagName}.${over[0].className}` : "?";
  found.push(`scrolls sideways: ${root.scrollWidth} > ${innerWidth}, ${name}`);
}
// A paper says the same again in the other language, under a heading of its own.
const first = document.querySelector("article[lang]");
const heads = [...document.querySelectorAll("h1")].filter((it) => (it.closest("article[lang]") ?? first) === first);
if (heads.length !== 1) found.push("not one h1");
// The first heading names the page, and none skips a level.
let level = 0;
for (const it of document.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
  if (!it.checkVisibility()) continue;
  const next = Number(it.tagName[1]);
  if (next > level + 1) found.push(`${it.tagName} after level ${level}: ${it.textContent.trim().slice(0, 40)}`);
  level = next;
}
// A word that is not the reader's language, where the program speaks and not the data.
const spoken = "label, legend, button, th, dt, summary, caption, figcaption, .hint, .btn, .aside, nav a, h1, h2, h3, .note-text, .error-text, .empty, .muted";
const foreign = lang === "en" ? /[\u4e00-\u9fff]/ : /^[a-z]+([._][a-z_]+)+$|[A-Za-z]?[a-z]{2,} [a-z]{2,} [a-z]{2,}/;
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
