/* A page without a browser: runs the search of a site in node, for tests/test_site_search.py.
 *
 * stdin: {"base": a folder, "steps": [["terms", text] | ["parse", query] | ["query", text, options] | ["race", texts]]}
 * stdout: one answer for each step; {"error": message} where it was refused.
 */
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");

const STATIC = path.join(__dirname, "..", "digest", "site", "static");
const asked = { base: "", steps: [], ...JSON.parse(fs.readFileSync(0, "utf8")) };
const loads = [];

globalThis.document = {
  createElement: () => ({ remove() {} }),
  head: {
    append(script) {
      loads.push(path.relative(asked.base, script.src));
      setImmediate(() => {
        try {
          vm.runInThisContext(fs.readFileSync(script.src, "utf8"));
        } catch (error) {
          if (error.code === "ENOENT") return script.onerror();
        }
        script.onload();
      });
    },
  },
};

for (const name of ["terms.js", "search.js"])
  vm.runInThisContext(fs.readFileSync(path.join(STATIC, name), "utf8"));
const { DigestSearch, DigestTerms } = vm.runInThisContext("({ DigestSearch, DigestTerms })");

const STEPS = {
  simplify: (table) => DigestTerms.simplify(table),
  terms: (text) => DigestTerms.terms(text),
  parse: (text) => DigestTerms.parse(text).needs,
  open: () => DigestSearch.open(asked.base),
  query: (text, options) => DigestSearch.query(text, options),
  loads: () => loads.splice(0),
  race: (texts) => Promise.all(texts.map((text) => DigestSearch.query(text).then(
    (found) => found.total, (error) => error.name))),
};

(async () => {
  const answers = [];
  for (const [step, ...given] of asked.steps) {
    try {
      answers.push((await STEPS[step](...given)) ?? null);
    } catch (error) {
      answers.push({ error: error.message });
    }
  }
  process.stdout.write(JSON.stringify(answers));
})();
