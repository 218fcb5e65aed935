// What the platform lacks, nothing more. Every page works without this file:
// forms post, dialogs have a page of their own, rows are added by the server.
// Texts come from data- attributes on <body>, so both languages work.
"use strict";

const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
const say = (key) => document.body.dataset[key] || "";
const token = () => document.querySelector('meta[name="csrf"]')?.content || "";

// ---------------------------------------------------------------- autosave
// <form data-autosave="/url"> … <output data-save-state></output> … <div data-save-note hidden>
function autosave(form) {
  const state = document.querySelector(`[data-save-state="${form.id}"]`) || document.querySelector("[data-save-state]");
  const note = document.querySelector("[data-save-note]");
  let timer = 0, running = false, dirty = false;

  const show = (kind, text) => {
    if (!state) return;
    state.className = kind;
    state.textContent = text;
  };
  const fail = (text) => {
    show("failed", note ? "" : text);
    if (!note) return;
    note.hidden = false;
    (note.querySelector("p") || note).textContent = text;
  };
  async function save() {
    if (running) return;
    running = true;
    dirty = false;
    show("saving", say("saving"));
    const body = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (typeof value === "string") body.append(name, value);
    try {
      const answer = await fetch(form.dataset.autosave, {
        method: "POST", body, credentials: "same-origin", redirect: "error",
        headers: { "X-CSRF-Token": token(), "X-Autosave": "1", Accept: "application/json" },
      });
      if (!answer.ok) {
        const problem = await answer.json().catch(() => ({}));
        throw new Error(problem.detail || problem.title || "");
      }
      if (note) note.hidden = true;
      if (!dirty) show("saved", `${say("saved")} ${new Date().toTimeString().slice(0, 8)}`);
    } catch (error) {
      dirty = true;
      fail(error instanceof TypeError || !error.message ? say("saveFailed") : error.message);
      running = false;
      return;
    }
    running = false;
    if (dirty) later(400);
  }
  function later(wait) {
    dirty = true;
    clearTimeout(timer);
    timer = setTimeout(save, wait);
  }
  form.addEventListener("input", (event) => { if (event.target.type !== "file") later(1200); });
  form.addEventListener("change", (event) => { if (event.target.type !== "file") later(250); });
  form.addEventListener("rowschanged", () => later(250));
  form.addEventListener("submit", () => { dirty = false; clearTimeout(timer); });
  addEventListener("online", () => { if (dirty) later(100); });
  addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
}

// ------------------------------------------------------------------ shares
// Exact: a share is a fraction of whole numbers. "50" and "33.33" are percent, "1/3" is a part of the whole.
const gcd = (a, b) => { while (b) [a, b] = [b, a % b]; return a; };
function share(text) {
  const t = text.trim().replace(/[％%\s]/g, "").replace("／", "/").replace("．", ".");
  if (t === "") return [0n, 1n];
  let m = /^(\d{1,9})\/(\d{1,9})$/.exec(t);
  if (m) return m[2] === "0" || BigInt(m[2]) === 0n ? null : [BigInt(m[1]), BigInt(m[2])];
  m = /^(\d{1,9})(?:\.(\d{0,12}))?$/.exec(t);
  if (!m) return null;
  const places = m[2] || "";
  return [BigInt(m[1] + places), 100n * 10n ** BigInt(places.length)];
}
function add([a, b], [c, d]) {
  const top = a * d + c * b, bottom = b * d, g = gcd(top, bottom) || 1n;
  return [top / g, bottom / g];
}
// Percent as text: exact decimals where they end within 6 places, else "≈33.3333".
function percent([top, bottom]) {
  const scaled = top * 100n * 1000000n, whole = scaled / bottom;
  const digits = whole.toString().padStart(7, "0");
  const text = `${digits.slice(0, -6)}.${digits.slice(-6)}`.replace(/\.?0+$/, "");
  return scaled % bottom === 0n ? text : `≈${text}`;
}
function sumShares(box) {
  const out = box.querySelector("[data-sum]");
  if (!out) return;
  let sum = [0n, 1n], readable = true;
  for (const input of all("[data-share]", box)) {
    const part = share(input.value);
    if (part === null) readable = false; else sum = add(sum, part);
  }
  const kind = sum[0] === 0n ? "" : !readable ? "unreadable" : sum[0] === sum[1] ? "exact" : sum[0] > sum[1] ? "over" : "under";
  out.className = `sum ${kind}`;
  out.textContent = readable ? `${out.dataset.sum} ${percent(sum)} %` : `${out.dataset.sum} ?`;
}

// -------------------------------------------------------------------- rows
// <div data-repeat><div class="rows">…</div><template>…__i__…</template><button data-add>
let fresh = Date.now() % 1000000;
function addRow(box) {
  const row = box.querySelector("template").content.firstElementChild.cloneNode(true);
  fresh += 1;
  for (const node of [row, ...all("*", row)])
    for (const name of ["name", "id", "for", "aria-describedby", "data-count", "data-capitals"])
      if (node.hasAttribute(name)) node.setAttribute(name, node.getAttribute(name).replaceAll("__i__", fresh));
  box.querySelector(".rows").append(row);
  row.querySelector("input, select, textarea")?.focus();
  changed(box);
}
function changed(box) {
  sumShares(box);
  box.dispatchEvent(new Event("rowschanged", { bubbles: true }));
}

// -------------------------------------------------------- counts, capitals
function count(area) {
  const out = document.getElementById(area.dataset.count);
  if (!out) return;
  const n = Array.from(area.value).length, max = Number(area.dataset.max || 0);
  const unit = document.documentElement.lang.startsWith("zh") ? "字" : "";
  out.textContent = max ? `${n} / ${max.toLocaleString("en")}${unit}` : `${n}${unit}`;
  out.classList.toggle("over", max > 0 && n > max);
}
// 人民币大写, from whole fen; follows 支付结算办法 annex 1.
function capitals(text) {
  const t = text.trim().replace(/[,，\s¥￥元]/g, "").replace("−", "-");
  const m = /^(-?)(\d{1,15})(?:\.(\d{0,2}))?$/.exec(t);
  if (!m) return "";
  const digit = "零壹贰叁肆伍陆柒捌玖", step = ["", "拾", "佰", "仟"], big = ["", "万", "亿", "万亿"];
  const yuan = m[2].replace(/^0+/, ""), cents = (m[3] || "").padEnd(2, "0");
  let out = "", gap = false;
  for (let i = 0; i < yuan.length; i += 1) {
    const place = yuan.length - 1 - i, d = Number(yuan[i]);
    if (d) { out += (gap && out ? "零" : "") + digit[d] + step[place % 4]; gap = false; } else gap = true;
    if (place % 4 === 0 && place > 0) {
      const group = yuan.slice(Math.max(0, i - 3), i + 1);
      if (Number(group)) out += big[place / 4] === "万亿" ? "万" : big[place / 4];
      else if (place === 8 && yuan.length > 12) out += "亿";
    }
  }
  const jiao = Number(cents[0]), fen = Number(cents[1]);
  if (out) out += "元";
  if (!jiao && !fen) return (out ? m[1] && "负" : "") + (out || "零元") + "整";
  if (jiao) out += digit[jiao] + "角"; else if (out) out += "零";
  out += fen ? digit[fen] + "分" : "整";
  return (m[1] && "负") + out;
}
function writeCapitals(input) {
  const out = document.getElementById(input.dataset.capitals);
  if (out) out.textContent = capitals(input.value);
}

// ----------------------------------------------------------------- dialogs
const invokers = "commandForElement" in HTMLButtonElement.prototype;
function openDialog(id) {
  const dialog = document.getElementById(id);
  if (!(dialog instanceof HTMLDialogElement) || dialog.open) return false;
  dialog.showModal();
  return true;
}
document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  if (!target) return;
  for (const open of all("details[data-menu][open]")) if (!open.contains(target)) open.open = false;

  const opener = target.closest("[data-opens]");
  if (opener && openDialog(opener.dataset.opens)) return event.preventDefault();

  const invoker = invokers ? null : target.closest("button[commandfor]");
  if (invoker) {
    const dialog = document.getElementById(invoker.getAttribute("commandfor"));
    if (invoker.getAttribute("command") === "show-modal") openDialog(dialog.id);
    if (invoker.getAttribute("command") === "close") dialog?.close();
    return;
  }
  const closer = target.closest("[data-close]");
  if (closer) { event.preventDefault(); return closer.closest("dialog")?.close(); }

  const adder = target.closest("[data-add]"), remover = target.closest("[data-remove]");
  const box = (adder || remover)?.closest("[data-repeat]");
  if (box) {
    event.preventDefault();
    if (adder) return addRow(box);
    remover.closest(".rows > *").remove();
    box.querySelector("[data-add]")?.focus();
    return changed(box);
  }
  const copier = target.closest("[data-copy]");
  if (copier && navigator.clipboard) {
    event.preventDefault();
    const before = copier.textContent;
    navigator.clipboard.writeText(copier.dataset.copy).then(() => {
      copier.textContent = say("copied");
      setTimeout(() => { copier.textContent = before; }, 2000);
    });
  }
  if (target.closest('.btn[aria-disabled="true"]')) {
    event.preventDefault();
    document.getElementById(target.closest(".btn").getAttribute("aria-describedby"))?.scrollIntoView({ block: "center" });
  }
});

// ---------------------------------------------------------------- keyboard
function move(by) {
  const rows = all("[data-row]").filter((row) => row.getClientRects().length);
  if (!rows.length) return false;
  const now = rows.findIndex((row) => row.contains(document.activeElement));
  const row = rows[now < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, now + by))];
  const link = row.querySelector("a[data-open]") || row.querySelector("a") || row;
  link.focus({ focusVisible: true });
  row.scrollIntoView({ block: "nearest" });
  return true;
}
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") for (const open of all("details[data-menu][open]")) {
    open.open = false;
    open.querySelector("summary")?.focus();
  }
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]:modal")) return;
  const key = event.key.toLowerCase();
  const done = key === "/" ? (document.querySelector("[data-search]")?.focus(), true)
    : key === "?" ? openDialog("shortcuts")
    : key === "j" ? move(1)
    : key === "k" ? move(-1) : false;
  if (done) event.preventDefault();
});

// ------------------------------------------------------------------ upload
// <form data-upload enctype="multipart/form-data"> … <progress data-upload-progress hidden>
function upload(form) {
  form.addEventListener("submit", (event) => {
    const bar = form.querySelector("[data-upload-progress]");
    if (!bar || !all('input[type="file"]', form).some((input) => input.files.length)) return;
    event.preventDefault();
    const data = new FormData(form, event.submitter), request = new XMLHttpRequest();
    bar.hidden = false;
    bar.setAttribute("aria-label", say("uploading"));
    request.upload.onprogress = (step) => { if (step.lengthComputable) { bar.max = step.total; bar.value = step.loaded; } };
    request.onload = () => {
      if (request.status < 400) return location.assign(request.responseURL || location.href);
      document.open(); document.write(request.responseText); document.close();
    };
    request.onerror = () => { bar.hidden = true; form.submit(); };
    request.open("POST", form.action);
    request.setRequestHeader("X-CSRF-Token", token());
    request.send(data);
  });
}

// <form data-wait> … <p data-wait-note hidden>: work that takes its time says so until the next page comes.
function wait(form) {
  form.addEventListener("submit", () => {
    const note = form.querySelector("[data-wait-note]");
    if (note) note.hidden = false;
    for (const button of all("button", form)) setTimeout(() => { button.disabled = true; });
  });
}

// ------------------------------------------------------------- unbroken text
// Dates, amounts and document numbers inside a sentence stay on one line; a browser would break at the hyphen.
const unbroken = /\d{4}-\d{2}-\d{2}(?: \d{2}:\d{2})?|\d{2}-\d{2}(?![\d-])|[¥−]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{4}年\d{1,2}月\d{1,2}日|〔\d{4}〕\d+号(?:（[一二三四五六七八九十]+）)?|第[\d一二三四五六七八九十百]+[条款项]/g;
function keepTogether(root) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT), found = [];
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.data.search(unbroken) >= 0 && !node.parentElement.closest("script, textarea, option, svg, time, .nowrap, .date, .money, .docno, .paper")) found.push(node);
  }
  for (const node of found) {
    const parts = document.createElement("span"); // one box, so that a flex parent still sees one child
    let at = 0;
    for (const hit of node.data.matchAll(unbroken)) {
      const span = document.createElement("span");
      span.className = "nowrap";
      span.textContent = hit[0];
      parts.append(node.data.slice(at, hit.index), span);
      at = hit.index + hit[0].length;
    }
    parts.append(node.data.slice(at));
    node.replaceWith(parts);
  }
}

// ----------------------------------------------------------------- refused
// A form that came back: go on where it is wrong. Without a wrong field, at what is said above.
function toMend(summary) {
  const field = document.querySelector("main .field.error :is(input:not([type=hidden]), select, textarea)");
  (field || summary).focus();
}

// ------------------------------------------------------------------ ferry
// Whoever goes on or back before the ferry has arrived skips its passage. Nothing went wrong, yet browsers report a
// promise that nobody here made (csswg-drafts#13726): the console tells of faults alone.
addEventListener("unhandledrejection", (event) => {
  const skipped = ["AbortError", "InvalidStateError", "TimeoutError"].includes(event.reason?.name);
  if (skipped && /^(View )?Transition was/i.test(event.reason.message)) event.preventDefault();
});

// ------------------------------------------------------------------- start
document.addEventListener("input", (event) => {
  const at = event.target;
  if (at.dataset?.count) count(at);
  if (at.dataset?.capitals) writeCapitals(at);
  if (at.matches?.("[data-share]")) sumShares(at.closest("[data-shares]"));
});
document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-submit]")) event.target.form.requestSubmit();
});
all("form[data-autosave]").forEach(autosave);
all("form[data-upload]").forEach(upload);
all("form[data-wait]").forEach(wait);
all(".error-summary").slice(0, 1).forEach(toMend);
all("[data-count]").forEach(count);
all("[data-capitals]").forEach(writeCapitals);
all("[data-shares]").forEach(sumShares);
for (const main of all("main")) keepTogether(main);
if (matchMedia("(max-width: 720px)").matches) for (const fold of all("details[data-fold-narrow]")) fold.open = false;
for (const toast of all("[data-toasts] > *")) setTimeout(() => { if (!toast.matches(":hover, :focus-within")) toast.remove(); }, 10000);
