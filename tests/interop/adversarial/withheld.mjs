// Owns: which departures are counted and not listed: those whose maintainers have not been told yet, unless they are known anyhow.
// Their list is published as its hash, and itself when they have been told.

import { createHash } from "node:crypto";

/** Cases of transcripts of which it is public, or harms none but the caller, that snarkjs departs from their verdict. */
const known = ["zkey-initial", "ptau-power"];

/** Whether a departure is to be told to its maintainers first. */
export function isWithheld(library, one) {
  return (library === "rapidsnark" && one.verdict === "malformed") || (library === "snarkjs" && one.kind === "transcript" && !known.includes(one.id));
}

/** How many they are, and SHA-256 of "NAME: OUTCOME\n" for each, in the order of their names. */
export function seal(list) {
  const lines = list.map(({ one, outcome }) => `${one.name}: ${outcome.split(":")[0]}\n`).sort((a, b) => (a < b ? -1 : 1));
  return { count: lines.length, sha256: createHash("sha256").update(lines.join("")).digest("hex") };
}
