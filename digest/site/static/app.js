// What the pages do: labels and colours, the page behind a claim, keys, search. No request leaves:
// what is loaded are scripts and pictures beside the page, so that file:// works as a server does.
"use strict";

const page = document.body;
const root = document.documentElement;
const text = (zh, en) => (root.dataset.ui === "en" ? en : zh);
const $ = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// ---------------------------------------------------------------- labels and colours

function keep(name, value) {
  try { localStorage.setItem("digest." + name, value); } catch { /* a browser may forbid it */ }
}

function showLanguage(language) {
  root.dataset.ui = language;
  for (const input of all("[data-placeholder-zh]")) {
    input.placeholder = text(input.dataset.placeholderZh, input.dataset.placeholderEn);
  }
}

const actions = {
  language() {
    showLanguage(root.dataset.ui === "en" ? "zh" : "en");
    keep("language", root.dataset.ui);
  },
  theme() {
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    keep("theme", root.dataset.theme);
  },
  help: () => $("#help").showModal(),
  zoom: () => { $(".sheet").classList.toggle("zoomed"); showMark(); },
  close: () => closeEvidence(),
};

// ---------------------------------------------------------------- the page behind a claim

const SVG = "http://www.w3.org/2000/svg";
const panel = $("#evidence");
const data = $("#data") ? JSON.parse($("#data").textContent) : { claims: {}, pages: {} };
let opened = null; // the claim that is shown

function rectangles(quotes, number) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 1 1");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  for (const [kind, name] of [["lines", "line"], ["numbers", "number"]]) {
    for (const quote of quotes) {
      for (const [x, y, width, height] of quote[kind][number] || []) {
        const rect = document.createElementNS(SVG, "rect");
        const sides = { x, y, width, height };
        for (const side in sides) rect.setAttribute(side, sides[side]);
        rect.classList.add(name);
        if (quote.rough) rect.classList.add("rough");
        svg.append(rect);
      }
    }
  }
  return svg;
}

function sheet(quotes, number) {
  const { src, width, height } = data.pages[number];
  const picture = element("img", { src, width, height, alt: text(`原文第 ${number} 页`, `Page ${number} of the paper`) });
  return element("div", { class: "page", "data-page": number }, picture, rectangles(quotes, number));
}

function quotation(quote) {
  const pieces = quote.parts.map(([piece, marked]) => (marked ? element("mark", {}, piece) : piece));
  const from = quote.page
    ? { sentence: `p.${quote.page}`, row: text(`p.${quote.page}，表格一行`, `p.${quote.page}, a table's row`), caption: text(`p.${quote.page}，表题`, `p.${quote.page}, a caption`) }[quote.kind]
    : text("摘要", "abstract");
  const rough = quote.rough ? text("，位置约略", ", roughly there") : "";
  return element("blockquote", {}, ...pieces, " ", element("span", { class: "from" }, from + rough));
}

function showMark() {
  const first = $(".sheet rect"), sheet = $(".sheet");
  if (!first) return;
  const mark = first.getBoundingClientRect(), frame = sheet.getBoundingClientRect();
  const across = mark.left + mark.width / 2 - frame.left - frame.width / 2;
  sheet.scrollBy({ top: mark.top - frame.top - frame.height / 3, left: across, behavior: "instant" });
}

function openEvidence(claim, wanted) {
  const quotes = data.claims[claim.id];
  if (!quotes) return false;
  if (opened) opened.classList.remove("active");
  opened = claim;
  claim.classList.add("active");
  const numbers = [...new Set(quotes.flatMap((quote) => [quote.page, ...Object.keys(quote.lines).map(Number)]))];
  numbers.sort((one, two) => one - two);
  const shown = numbers.filter((number) => data.pages[number]);
  if (wanted) shown.sort((one, two) => (two === wanted) - (one === wanted));
  $(".where", panel).textContent = numbers.map((n) => (n ? `p.${n}` : text("摘要", "abstract"))).join(" · ");
  const link = $(".cite[href*='#page=']", claim);
  $(".pdf", panel).hidden = !link;
  if (link) $(".pdf", panel).href = link.href;
  $(".quotes", panel).replaceChildren(...quotes.map(quotation));
  $(".sheet", panel).replaceChildren(...shown.map((number) => sheet(quotes, number)));
  panel.hidden = false;
  $(".sheet", panel).scrollTo(0, 0);
  showMark();
  claim.scrollIntoView({ block: "nearest" });
  history.replaceState(null, "", "#" + claim.id);
  return true;
}

function closeEvidence(back = true) {
  if (!panel || panel.hidden) return;
  panel.hidden = true;
  if (opened) {
    opened.classList.remove("active");
    if (back && panel.contains(document.activeElement)) ($(".cite", opened) || opened).focus();
  }
  opened = null;
}

function clicked(event) {
  const button = event.target.closest("[data-do]");
  if (button) return actions[button.dataset.do]();
  const cite = event.target.closest(".cite");
  const claim = event.target.closest(".claim");
  const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.button);
  if (!claim || !plain || (event.target.closest("a") && !cite)) return;
  if (!cite && String(getSelection())) return; // somebody selects text
  if (!openEvidence(claim, cite ? Number(cite.dataset.page) : 0)) return;
  event.preventDefault();
  if (cite) panel.focus({ preventScroll: true });
}

// ---------------------------------------------------------------- keys

let place = -1;

function items() {
  const shown = (item) => item.offsetParent !== null;
  return all(page.classList.contains("paper") ? ".claim" : ".item").filter(shown);
}

function step(by) {
  const list = items();
  if (!list.length) return;
  const current = list.findIndex((item) => item === opened || item.classList.contains("here"));
  place = Math.min(Math.max((current < 0 ? place : current) + by, 0), list.length - 1);
  for (const item of all(".here")) item.classList.remove("here");
  const item = list[place];
  item.classList.add("here");
  const link = $("a", item);
  if (link) link.focus({ preventScroll: true });
  item.scrollIntoView({ block: "center" });
  if (opened) openEvidence(item);
}

function go(where) {
  if (where) location.href = where;
}

const keys = {
  j: () => step(1),
  k: () => step(-1),
  n: () => go(page.dataset.next),
  p: () => go(page.dataset.previous),
  u: () => go(page.dataset.up),
  "/": () => $(".find input").focus(),
  "?": () => actions.help(),
  Escape: () => closeEvidence(),
};

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("input, textarea, select")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if ($("dialog[open]") || !(event.key in keys)) return;
  event.preventDefault();
  keys[event.key]();
}

// ---------------------------------------------------------------- days before and after

window.digestDays = (dates) => {
  const at = dates.indexOf(page.dataset.date);
  const links = [[at - 1, "← ", "previous"], [at + 1, "→ ", "next"]];
  for (const [index, arrow, name] of links) {
    if (at < 0 || !dates[index]) continue;
    const url = `../${dates[index]}/index.html`;
    page.dataset[name] = url;
    $("#days").append(" ", element("a", { href: url }, arrow + dates[index]));
  }
};

// ---------------------------------------------------------------- search

const AT_ONCE = 10; // each shown paper is a file to load
const FIRST = 3;

function result(found) {
  const title = element("h2", { lang: "en" }, element("a", { href: page.dataset.root + found.url }, element("bdi", {}, found.title)));
  const pieces = found.snippet.map((piece) => (piece.hit ? element("mark", {}, piece.text) : piece.text));
  const item = element("li", { class: "item" }, title);
  if (found.translatedTitle) item.append(element("p", { class: "translated" }, found.translatedTitle));
  item.append(element("p", { class: "abstract" }, element("bdi", {}, ...pieces)));
  item.append(element("p", { class: "facts" }, `${found.date} · ${found.id.slice(0, 22)}`));
  return item;
}

async function search(query, offset = 0) {
  const list = $("#results"), status = $("#found"), more = $("#more");
  if (!query.trim()) { list.replaceChildren(); status.textContent = ""; more.hidden = true; return; }
  try {
    // The first few at once: with their files alone, an answer is there in two thirds of the time.
    if (!offset) say(await page(query, 0, FIRST, true));
    const rest = offset ? 0 : FIRST;
    const { results, total } = await page(query, offset + rest, AT_ONCE - rest, false);
    more.hidden = results.length < AT_ONCE - rest || list.children.length >= total;
  } catch (error) {
    if (error.name === "AbortError") return;
    status.textContent = text("搜索失败：", "Search failed: ") + error.message;
  }

  async function page(asked, from, limit, anew) {
    const answer = await DigestSearch.query(asked, { limit, offset: from });
    if (anew) list.replaceChildren();
    list.append(...answer.results.map(result));
    return answer;
  }

  function say({ total, exact, ms }) {
    const took = text(`（${Math.round(ms)} 毫秒）`, ` (${Math.round(ms)} ms)`);
    status.textContent = (exact ? text(`${total} 篇`, `${total} papers`) : text(
      `至多 ${total} 篇，查看了其中最相关的一部分`, `at most ${total} papers, of which the likeliest were read`
    )) + took;
  }
}

async function startSearch() {
  const input = $(".find input");
  input.value = new URLSearchParams(location.search).get("q") || "";
  input.focus();
  try { await DigestSearch.open("search/"); } catch (error) {
    $("#found").textContent = text("搜索失败：", "Search failed: ") + error.message;
    return;
  }
  let timer = 0;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      history.replaceState(null, "", "?q=" + encodeURIComponent(input.value));
      search(input.value);
    }, 60);
  });
  $(".find").addEventListener("submit", (event) => { event.preventDefault(); search(input.value); });
  $("#more").addEventListener("click", () => search(input.value, $("#results").children.length));
  search(input.value);
}

// ---------------------------------------------------------------- start

showLanguage(root.dataset.ui);
document.addEventListener("click", clicked);
document.addEventListener("keydown", pressed);
if (page.classList.contains("search")) startSearch();
const named = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
if (named && named.classList.contains("claim")) openEvidence(named);
