/* What a text is found by, and what a query asks for: digest/site/tokens.py says it for the index.
 *
 * One list of examples is tested against both. Nothing here knows of files or of the page.
 */
"use strict";

const DigestTerms = (() => {
  const LONGEST = 40;
  const HAN = "\\u3005-\\u3007\\u3040-\\u30ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\u{20000}-\\u{3ffff}";
  const LETTER = `(?![0-9${HAN}])[\\p{L}\\p{N}]`;
  const CHARACTER = `(?![${HAN}])[\\p{L}\\p{N}]`;
  const NUMBER = "(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)(?:\\.[0-9]+)*";
  const PART = `(?:${NUMBER}|${LETTER})+`;
  const RUN = new RegExp(`(?<han>[${HAN}]+)|${PART}(?:[-_'’\\u2010\\u2011]${PART})*`, "gu");
  const ONE_HAN = new RegExp(`[${HAN}]`, "u");
  const UNSEEN =
    /[\u0300-\u036f\u3099\u309a\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g;
  const simplified = new Map();
  const folded = new Map(); // of one character, as far as met

  /* Take traditional characters for the simplified ones that stand after them in `table`. */
  function simplify(table) {
    const characters = [...table];
    folded.clear();
    for (let at = 0; at + 1 < characters.length; at += 2)
      simplified.set(characters[at], characters[at + 1]);
  }

  function foldCharacter(character) {
    let found = folded.get(character);
    if (found === undefined) {
      const plain = character.normalize("NFKD").toLowerCase().replace(UNSEEN, "");
      found = Array.from(plain, (c) => (c === "ς" ? "σ" : simplified.get(c) ?? c)).join("");
      folded.set(character, found);
    }
    return found;
  }

  /* The text without what spelling alone decides, and where in `text` each of its units is from;
   * null where each is from its own place, as nearly always.
   */
  function fold(text) {
    let same = true;
    const plain = text.replace(/[^\x00-\x7f]/gu, (character) => {
      const found = foldCharacter(character);
      if (found.length !== character.length) same = false;
      return found;
    }).toLowerCase();
    return { text: plain, from: same ? null : origins(text) };
  }

  function origins(text) {
    const from = [];
    let at = 0;
    for (const character of text) {
      const length = character < "\x80" ? 1 : foldCharacter(character).length;
      for (let unit = 0; unit < length; unit++) from.push(at);
      at += character.length;
    }
    from.push(at);
    return from;
  }

  function singular(word) {
    if (!/^[a-z]{3,}s$/.test(word)) return word;
    const before = (count) => word[word.length - count];
    if (word.endsWith("ies")) return "ae".includes(before(4)) ? word : word.slice(0, -3) + "y";
    if (/(?:sses|xes|ches|shes)$/.test(word)) return word.slice(0, -2);
    if (word.endsWith("es")) return "aeo".includes(before(3)) ? word : word.slice(0, -1);
    return "usi".includes(before(2)) ? word : word.slice(0, -1);
  }

  const cut = (word) => (word.length > LONGEST ? [...word].slice(0, LONGEST).join("") : word);
  const term = (word) => cut(singular(word));
  const isDigit = (character) => /\p{Nd}/u.test(character);
  const first = (word) => String.fromCodePoint(word.codePointAt(0));
  const last = (word) => [...word].at(-1);

  /* Chinese runs and chains of words of a folded text: {han, text, parts: [{raw, start, end}]}. */
  function* runs(text, offset = 0) {
    for (const match of text.matchAll(RUN)) {
      const han = match.groups.han !== undefined;
      const parts = [];
      let start = match.index + offset;
      for (const piece of han ? match[0] : match[0].split(/[-_'’\u2010\u2011]/)) {
        parts.push({ raw: piece.replaceAll(",", ""), start, end: start + piece.length });
        start += piece.length + (han ? 0 : 1);
      }
      yield { han, parts, text: match[0] };
    }
  }

  const joinable = (a, b) => !(isDigit(last(a)) && isDigit(first(b)));

  /* Every term of a folded text and where it is; `pair`: it lies over what other terms hold. */
  function* tokens(text, offset = 0) {
    for (const { han, parts } of runs(text, offset)) {
      for (let at = 0; at < parts.length; at++) {
        const { raw, start, end } = parts[at], next = parts[at + 1];
        yield { term: han ? raw : term(raw), raw, start, end, han };
        const versioned = han ? null : /^([0-9]{4}\.[0-9]{4,5})v[0-9]+$/.exec(raw);
        if (versioned) yield { term: versioned[1], raw: versioned[1], start, end, pair: true };
        if (next && (han || joinable(raw, next.raw))) {
          const pair = raw + next.raw;
          yield { term: han ? pair : term(pair), raw: pair, start, end: next.end, pair: true };
        }
      }
    }
  }

  const terms = (text) => Array.from(tokens(fold(text).text), (token) => token.term);

  // ------------------------------------------------------------ queries

  /* What must occur: terms, the last of them perhaps as a beginning, and phrases.
   *
   * Quotes make a phrase that must hold; three Chinese characters or more make one that comes
   * first. Words with a hyphen stand for themselves, but GPT-4 and GPT4 are one.
   */
  function parse(query) {
    const words = [], phrases = [];
    for (const [, quoted, plain] of query.matchAll(/["“”「」]([^"“”「」]*)["“”「」]|([^"“”「」]+)/g)) {
      const text = fold(quoted ?? plain).text;
      const found = [...runs(text)];
      for (const run of found) {
        for (const need of run.han ? pairsOf(run.parts) : wordsOf(run.parts)) words.push(need);
        if (quoted === undefined && run.han && run.parts.length > 2)
          phrases.push({ units: unitsOf(run.text), must: false });
      }
      if (quoted !== undefined && found.length) phrases.push({ units: unitsOf(text), must: true });
    }
    return { needs: needsOf(words, query), phrases };
  }

  const pairsOf = (parts) =>
    parts.length === 1 ? [parts[0].raw] : parts.slice(1).map((part, at) => parts[at].raw + part.raw);

  /* A chain's words: two neighbours as one where a digit or a single letter binds them. */
  function wordsOf(parts) {
    const words = [];
    let bound = false;
    for (let at = 0; at < parts.length; at++) {
      const raw = parts[at].raw, next = parts[at + 1]?.raw;
      const tight = next !== undefined && joinable(raw, next) &&
        (/[0-9]/.test(raw + next) || raw.length === 1 || next.length === 1);
      if (tight) words.push(raw + next);
      else if (!bound) words.push(raw);
      bound = tight;
    }
    return words;
  }

  /* The last word begins a longer one while it is being typed: nothing follows it. With one or two
   * letters it only moves papers up, so that those found by the other words do not vanish.
   */
  function needsOf(words, query) {
    return words.map((word, at) => {
      const han = ONE_HAN.test(word);
      const open = !han && at === words.length - 1 && /[\p{L}\p{N}\p{M}]$/u.test(query);
      return {
        term: han ? word : term(word), han,
        prefix: open && word.length > 2 ? cut(word) : null,
        optional: open && at > 0 && word.length <= 2,
      };
    });
  }

  const unitsOf = (text) => Array.from(tokens(text)).filter((token) => !token.pair);

  /* Whether a folded text holds a phrase: the same units side by side, nothing between Chinese. */
  function holds(text, phrase) {
    if (phrase.every(({ han }) => han)) return text.includes(phrase.map(({ raw }) => raw).join(""));
    const units = phrase.some(({ han }) => han) ? unitsOf(text) : wordsAndGaps(text);
    return units.some((_, at) => phrase.every(({ term }, step) => {
      const unit = units[at + step], before = units[at + step - 1];
      return unit?.term === term && !(step && unit.han && before.han && before.end !== unit.start);
    }));
  }

  /* The units of a text, a stretch of Chinese being one that is no word. */
  function* wordTokens(text) {
    for (const match of text.matchAll(RUN)) {
      const raw = match[0], start = match.index, end = start + raw.length;
      if (match.groups.han !== undefined) yield { term: "", raw: "", start, end };
      else if (/^[a-z]+$/.test(raw)) yield { term: term(raw), raw, start, end };
      else yield* tokens(raw, start);
    }
  }
  const wordsAndGaps = (text) => Array.from(wordTokens(text)).filter((token) => !token.pair);

  /* Where in a folded text the needed terms are, in its order: [{start, end, need}]. */
  function hits(text, needs) {
    const found = needs.flatMap((wanted, need) =>
      (wanted.han ? placesOf(text, wanted.term) : wordsLike(text, wanted))
        .map(([start, end]) => ({ start, end, need })));
    return found.sort((a, b) => a.start - b.start || a.end - b.end);
  }

  function placesOf(text, term) {
    const found = [];
    for (let at = text.indexOf(term); at >= 0; at = text.indexOf(term, at + 1))
      found.push([at, at + term.length]);
    return found;
  }

  /* A term as it may be written, in either number, with hyphens or commas in it: for marks this
   * will do, and is ten times faster than to cut the whole text into terms.
   */
  function wordsLike(text, { term, prefix }) {
    const loose = (word) =>
      Array.from(word, (c) => (c === "." ? "\\." : c)).join("[-_'’,\\u2010\\u2011]?");
    const forms = [`${loose(term)}(?:e?s)?(?!${CHARACTER})`];
    if (term.endsWith("y")) forms.push(`${loose(term.slice(0, -1))}ies(?!${CHARACTER})`);
    if (prefix !== null) forms.push(`${loose(prefix)}(?:${CHARACTER})*`);
    const pattern = new RegExp(`(^|[^\\p{L}\\p{N}]|[${HAN}])(?:${forms.join("|")})`, "gu");
    return Array.from(text.matchAll(pattern), ({ 0: all, 1: before, index }) =>
      [index + before.length, index + all.length]);
  }

  return { simplify, fold, terms, parse, holds, hits };
})();
