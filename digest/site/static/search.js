/* Search over everything ever read, in a page opened from a file: no server, no fetch, no worker.
 *
 * The index (digest/site/index.py makes it and says how it is laid out) comes as scripts that call
 * DigestSearch.take. A query loads the parts that its terms lie in, one a segment and term, then the
 * texts of the papers it shows: opening a file costs more than what is in it. terms.js goes first. Nothing here touches the page but the <script> elements
 * it loads; results are plain strings, and marked text is a list of {text, hit}.
 *
 *   await DigestSearch.open("search/");
 *   const found = await DigestSearch.query("语音转换", { limit: 10, offset: 0 });
 */
"use strict";

/* global DigestTerms */
const DigestSearch = (() => {
  const { simplify, fold, parse, holds, hits } = DigestTerms;

  const BLOCK = 30; // candidates among which those with the whole phrase come first
  const MOST_READ = 150; // texts read at most for a phrase in quotes
  const SNIPPET = 120; // characters
  const KEPT_CHARS = 24e6; // of loaded scripts, about 50 MB at most
  // What a hit is worth, by where it is: said, often, in a title; of a longer word that begins so,
  // and of the word itself.
  const LONGER = [1, 3, 5], ITSELF = [2, 4, 6], WORTH = [0, 0.7, 1, 1.2, 1.5, 2.5, 3];

  // ------------------------------------------------------------ loading

  let base = "", segments = [], papers = 0, latest = 0, keptChars = 0;
  const waiting = new Map(); // name -> what its script handed over
  const loaded = new Map(); // name -> promise, the least recently used first
  const sizes = new Map(); // name -> characters, of those that have come

  function take(name, content) {
    if (waiting.has(name)) waiting.set(name, content);
  }

  /* What a script hands over, a "string" or an "object"; each is loaded once and kept for a while. */
  function load(name, kind) {
    const known = loaded.get(name);
    if (known) loaded.delete(name);
    const promise = known ?? fetchScript(name, kind);
    loaded.set(name, promise);
    return promise;
  }

  function fetchScript(name, kind) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      const fail = (what) => {
        loaded.delete(name);
        reject(new Error(`${base}${name} is ${what}. If the site was built again, reload the page.`));
      };
      const end = (missing) => {
        const content = waiting.get(name);
        waiting.delete(name);
        script.remove();
        if (missing) return fail("missing");
        if (typeof content !== kind || content === null) return fail("damaged");
        keep(name, typeof content === "string" ? content.length : 6000);
        resolve(content);
      };
      waiting.set(name, undefined);
      script.charset = "utf-8";
      script.onload = () => end(false);
      script.onerror = () => end(true);
      script.src = base + name;
      document.head.append(script);
    });
  }

  function keep(name, chars) {
    sizes.set(name, chars);
    keptChars += chars;
    for (const oldest of loaded.keys()) {
      if (keptChars <= KEPT_CHARS) break;
      if (oldest === name || !sizes.has(oldest)) continue; // still on its way
      loaded.delete(oldest);
      keptChars -= sizes.get(oldest);
      sizes.delete(oldest);
    }
  }

  /* Read what there is; `folder` is the index's address, seen from the page, with a slash at its end. */
  async function open(folder) {
    base = folder;
    latest++;
    keptChars = 0;
    for (const name of sizes.keys()) loaded.delete(name);
    sizes.clear();
    const manifest = await load("manifest.js", "object");
    if (!Array.isArray(manifest.segments)) throw new Error(`${base}manifest.js is damaged.`);
    simplify(await load(manifest.han, "string"));
    papers = 0;
    segments = manifest.segments.map(segmentOf).reverse();
  }

  function segmentOf({ folder, days, starts }) {
    let size = 0;
    const list = days.split(" ").map((day) => {
      const [date, id, count] = day.split(":");
      size += Number(count);
      return { folder: `text/${date}-${id}`, end: size };
    });
    papers += size;
    return { folder, days: list, starts: starts.split(" "), size };
  }

  // ------------------------------------------------------------ finding

  /* The part that a term lies in, if in any. */
  function partOf(starts, term) {
    let low = 0, high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle] <= term) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  function partsOf(segment, need) {
    const numbers = new Set([partOf(segment.starts, need.term)]);
    if (need.prefix) {
      const end = partOf(segment.starts, need.prefix + "\uffff");
      for (let at = partOf(segment.starts, need.prefix); at <= end; at++) numbers.add(at);
    }
    return Array.from(numbers, (number) => load(`${segment.folder}/${number}.js`, "string"));
  }

  /* Call `each` with every number of a list, the greatest first (digest/site/postings.py). */
  function decode(list, each) {
    let paper = -1, number = 0, shift = 0;
    for (let at = 0; at < list.length; at++) {
      const value = VALUE[list.charCodeAt(at)];
      number |= (value & 31) << shift;
      shift += 5;
      if (value > 31) continue;
      paper = paper < 0 ? number : paper - number;
      each(paper);
      number = shift = 0;
    }
  }
  const VALUE = new Uint8Array(128);
  [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"].forEach(
    (digit, value) => { VALUE[digit.charCodeAt(0)] = value; });

  /* Add an entry's papers to `levels`, each at the best place where the term was met. */
  function mark(levels, entry, worths) {
    entry.split(".").forEach((list, place) => decode(list, (paper) => {
      levels[paper] = Math.max(levels[paper], worths[place]);
    }));
  }

  function levelsOf(segment, need, parts) {
    const levels = new Uint8Array(segment.size);
    for (const part of parts) {
      if (need.prefix) eachEntry(part, ` ${need.prefix}`, (entry) => mark(levels, entry, LONGER));
      eachEntry(part, ` ${need.term}:`, (entry) => mark(levels, entry, ITSELF));
    }
    return levels;
  }

  /* The entries of a part whose term begins so; terms are in order, a space before each. */
  function eachEntry(part, beginning, each) {
    let at = part.indexOf(beginning);
    while (at >= 0 && part.startsWith(beginning, at)) {
      const end = part.indexOf(" ", at + 1);
      each(part.slice(part.indexOf(":", at) + 1, end));
      at = end;
    }
  }

  /* For every segment, for every need, where each paper has it. */
  async function levels(needs) {
    const all = segments.map((segment) => needs.map((need) => Promise.all(partsOf(segment, need))));
    const parts = await Promise.all(all.map((of) => Promise.all(of)));
    return parts.map((of, at) => of.map((found, need) => levelsOf(segments[at], needs[need], found)));
  }

  /* Papers that have all, best first, the newer first among equals: {total, best: [{segment, paper}]}. */
  function rank(found, needs, count) {
    const rarity = found[0].map((_, need) => {
      let holding = 0;
      for (const of of found) for (const level of of[need]) if (level) holding++;
      return Math.log(1 + papers / Math.max(1, holding));
    });
    const best = [];
    let total = 0;
    found.forEach((of, segment) => {
      for (let paper = segments[segment].size - 1; paper >= 0; paper--) {
        let score = 0;
        for (let need = 0; need < of.length; need++) {
          if (!of[need][paper] && !needs[need].optional) { score = -1; break; }
          score += rarity[need] * WORTH[of[need][paper]];
        }
        if (score < 0) continue;
        total++;
        insert(best, { segment, paper, score }, count);
      }
    });
    return { total, best };
  }

  function insert(best, candidate, count) {
    if (best.length === count && best[count - 1].score >= candidate.score) return;
    let at = best.length;
    while (at && best[at - 1].score < candidate.score) at--;
    best.splice(at, 0, candidate);
    if (best.length > count) best.pop();
  }

  function textOf({ segment, paper }) {
    const { days } = segments[segment];
    const day = days.find(({ end }) => paper < end);
    return load(`${day.folder}/${day.end - 1 - paper}.js`, "object");
  }

  // ------------------------------------------------------------ phrases and snippets

  async function read(candidates, phrases) {
    const items = await Promise.all(candidates.map(textOf));
    return items.map((item) => {
      if (!phrases.length) return { item, kept: true, whole: 0 };
      const fields = [item.title, item.translated_title, item.text].map((text) => fold(text).text);
      const held = phrases.map(({ units }) => fields.some((text) => holds(text, units)));
      return {
        item,
        kept: phrases.every(({ must }, at) => !must || held[at]),
        whole: held.filter(Boolean).length,
      };
    });
  }

  /* Of each block of candidates those with the whole phrases first; read no more than is needed. */
  async function pageOf(best, phrases, offset, limit) {
    const page = [];
    for (let start = offset - (offset % BLOCK); start < offset + limit; start += BLOCK) {
      const block = best.slice(start, start + BLOCK);
      const from = Math.max(0, offset - start), to = offset + limit - start;
      let texts;
      if (!phrases.length) texts = [...Array(from), ...(await read(block.slice(from, to), []))];
      else texts = await read(block.slice(0, to), phrases);
      if (texts.some((text) => text && text.whole < phrases.length)) {
        texts = await read(block, phrases);
        texts.sort((a, b) => b.whole - a.whole);
      }
      page.push(...texts.slice(from, to));
    }
    return page;
  }

  /* Candidates that hold every phrase in quotes, as many as are shown; `exact` if none is unread. */
  async function phrasePage(best, phrases, offset, limit) {
    const kept = [];
    let at = 0;
    for (let step = limit; at < best.length && kept.length < offset + limit; step = BLOCK) {
      const texts = await read(best.slice(at, at + step), phrases);
      kept.push(...texts.filter((text) => text.kept));
      at += step;
    }
    return { page: kept.slice(offset, offset + limit), kept: kept.length, read: at };
  }

  /* `text` from `start` to `end` as [{text, hit}]; one after the other they are the text. */
  function parts(text, found, start = 0, end = text.length) {
    const list = [];
    const push = (from, to, hit) => {
      if (to > from) list.push({ text: text.slice(from, to).replace(/\s/g, " "), hit });
    };
    let at = start;
    for (const stretch of stretches(found, start, end)) {
      push(at, stretch.start, false);
      push(stretch.start, stretch.end, true);
      at = stretch.end;
    }
    push(at, end, false);
    return list;
  }

  /* Hits within start and end; those that overlap are one: 语音 and 音转 are 语音转. */
  function stretches(found, start, end) {
    const list = [];
    for (const hit of found) {
      if (hit.start >= end || hit.end <= start) continue;
      const last = list.at(-1), stop = Math.min(hit.end, end);
      if (last && hit.start < last.end) last.end = Math.max(last.end, stop);
      else list.push({ start: Math.max(hit.start, start), end: stop });
    }
    return list;
  }

  /* Where in a text the needed terms are, in the text's own units. */
  function hitsIn(text, needs) {
    const { text: plain, from } = fold(text);
    const found = hits(plain, needs);
    return from === null ? found : found.map(
      ({ start, end, need }) => ({ start: from[start], end: from[end], need }));
  }

  /* The stretch of a text with the most of the query's terms, by number of different ones first. */
  function snippet(text, needs) {
    const found = hitsIn(text, needs);
    let best = 0, most = -1;
    found.forEach((hit, at) => {
      const near = found.slice(at, at + 40).filter(({ end }) => end - hit.start < SNIPPET - 30);
      const worth = new Set(near.map(({ need }) => need)).size * 100 + near.length;
      if (worth > most) { most = worth; best = hit.start; }
    });
    const start = Math.min(beginning(text, best), whole(text, Math.max(0, text.length - SNIPPET)));
    const end = whole(text, Math.min(text.length, start + SNIPPET));
    const list = parts(text, found, start, end);
    if (start > 0) list.unshift({ text: "…", hit: false });
    if (end < text.length) list.push({ text: "…", hit: false });
    return list;
  }

  /* Some words before a hit: after a mark or a space, if there is one near. */
  function beginning(text, at) {
    const before = text.slice(Math.max(0, at - 30), at);
    const edge = before.search(/[\s，。；：、！？]/);
    return whole(text, at - before.length + (before.length < 30 ? 0 : edge + 1));
  }

  /* `at`, or the place before it where it lies within a character of two units. */
  function whole(text, at) {
    return at > 0 && at < text.length && text.codePointAt(at - 1) > 0xffff ? at - 1 : at;
  }

  // ------------------------------------------------------------ the one question

  /* Papers that hold all words of `text`.
   *
   * Resolves to {total, exact, results, ms}. `exact` is false where more papers were found by
   * pairs of words or characters than were read for the phrase: `total` is then the most there
   * can be. Rejects with an AbortError once a newer query is asked, with an Error that names
   * the file where one is missing or damaged.
   */
  async function query(text, { limit = 10, offset = 0 } = {}) {
    const mine = ++latest, started = performance.now();
    const { needs, phrases } = parse(text);
    const current = (value) => {
      if (mine !== latest) throw new DOMException("a newer query was asked", "AbortError");
      return value;
    };
    const answer = (total, exact, page) => ({
      total, exact,
      results: page.map(({ item }) => resultOf(item, needs)),
      ms: performance.now() - started,
    });
    if (!needs.length || !segments.length) return answer(0, true, []);
    const must = phrases.some((phrase) => phrase.must);
    const found = current(await levels(needs));
    const count = must ? MOST_READ : Math.ceil((offset + limit) / BLOCK) * BLOCK;
    const { total, best } = rank(found, needs, count);
    if (!must) {
      const page = current(await pageOf(best, phrases, offset, limit));
      return answer(total, !phrases.length, page);
    }
    const { page, kept, read } = current(await phrasePage(best, phrases, offset, limit));
    return read >= total ? answer(kept, true, page) : answer(total, false, page);
  }

  function resultOf(item, needs) {
    const marked = (text) => parts(text, hitsIn(text, needs));
    return {
      id: item.id, date: item.date, url: item.url,
      title: item.title, translatedTitle: item.translated_title,
      titleParts: marked(item.title), translatedTitleParts: marked(item.translated_title),
      snippet: snippet(item.text, needs),
    };
  }

  return { open, query, take };
})();
