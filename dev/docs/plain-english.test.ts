import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

/** Phrases that CONTRIBUTING.md rules out, each with the plain form. */
const bannedPhrases: readonly (readonly [phrase: RegExp, instead: string])[] = [
  [/\bnobody\b/i, "say who or what: no caller, no other worker"],
  [/\bwho(?:so)?ever\b/i, "the caller, any process that"],
  [/\b(?:somebody|someone)\b/i, "another process, a user"],
  [/\b(?:anybody|anyone|everybody|everyone)\b/i, "any caller, every user"],
  [/\banew\b/i, "again, rebuild"],
  [/\bmeanwhile\b/i, "since then, in between"],
  [/\b(?:is|are|was|were|be|goes|went|stays|being) away\b/i, "unavailable"],
  [/\bmend(?:s|ed|ing)?\b/i, "repair, remedy"],
  [/\bin hand\b/i, "held"],
  [/\bin the same breath\b/i, "at the same time"],
  [/\bas (?:it|they) (?:is|are|was|were)\b[.,;]/i, "unchanged"],
  [/\bso many\b/i, "at most, this many"],
  [/\bno more than that\b/i, "only that"],
  [/\b(?:he|she|his|her|hers|him|himself|herself)\b/i, "they, the user, the caller"],
  [/\be-mail/i, "email"],
  [/\bto be had\b/i, "available"],
  [/\bcannot do without\b/i, "needs"],
  [/\bturned away\b/i, "rejected"],
  [/\bbrought to an end\b/i, "ended"],
];

const files = [
  "{src,workers,cli,test,dev,bench,packages}/**/*.{ts,mjs,lua}",
  "{docs,spec,packages,.github}/**/*.md",
  "*.md",
]
  .flatMap((pattern) => globSync(pattern, { cwd: root, exclude: ["**/node_modules/**"] }))
  // This file has to name the phrases.
  .filter((file) => join(root, file) !== import.meta.filename);

test("code and documents say it in plain English", () => {
  const found = files.flatMap((file) =>
    readFileSync(join(root, file), "utf8")
      .split("\n")
      .flatMap((line, index) => {
        const [phrase, instead] = bannedPhrases.find(([banned]) => banned.test(line)) ?? [];
        return phrase === undefined ? [] : [`${file}:${index + 1} ${phrase.exec(line)?.[0]} → ${instead}`];
      }),
  );
  expect(found).toEqual([]);
});
