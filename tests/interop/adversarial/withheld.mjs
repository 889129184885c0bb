// Owns: which departures are counted and not listed: those whose maintainers have not been told yet, unless they are known anyhow.
// Their list is published as its hash, and itself when they have been told.

import { createHash } from "node:crypto";

/** Whether a departure is to be told to its maintainers first. No answer harms none but who asked; of a key without contributions all is public. */
export function isWithheld(library, one, outcome) {
  return !outcome.startsWith("crash")
    && ((library === "rapidsnark" && one.verdict === "malformed")
      || (library === "snarkjs" && one.kind === "transcript" && one.id !== "zkey-initial"));
}

/** How many they are, and SHA-256 of "NAME: OUTCOME\n" for each, in the order of their names. */
export function seal(list) {
  const lines = list.map(({ one, outcome }) => `${one.name}: ${outcome.split(":")[0]}\n`).sort((a, b) => (a < b ? -1 : 1));
  return { count: lines.length, sha256: createHash("sha256").update(lines.join("")).digest("hex") };
}
