// Owns: what rapidsnark makes of the vectors, by its own verifier, a program that takes the three files of iden3's.
//
// node rapidsnark.mjs VERIFIER VERSION FOLDER prints the outcomes. It knows BN254 alone; a batch is its claims one by one.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { oneLine, printResults, readCases } from "./suite.mjs";

/** Time for one proof, in milliseconds. */
const limit = 60_000;

const [verifier, version, vectors] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "rapidsnark-"));
try {
  const cases = readCases(vectors);
  printResults("rapidsnark", version, Object.fromEntries(cases.map((one) => [one.name, decide(one)])));
} finally {
  rmSync(folder, { recursive: true });
}

function decide(one) {
  if (one.curve !== "bn254") return "inexpressible: rapidsnark knows BN254 alone";
  if (one.kind === "verify") return verify(one.key, one);
  if (one.kind !== "batch") return "inexpressible: rapidsnark's verifier reads the JSON files of iden3 alone";
  for (const claim of one.claims) {
    const outcome = verify(one.key, claim);
    if (outcome !== "accept") return outcome;
  }
  return "accept";
}

function verify(key, claim) {
  const files = Object.entries({ key, public: claim.public, proof: claim.proof }).map(([name, value]) => {
    const path = join(folder, name + ".json");
    writeFileSync(path, JSON.stringify(value));
    return path;
  });
  const run = spawnSync(verifier, files, { encoding: "utf8", timeout: limit });
  if (run.error?.code === "ETIMEDOUT") return `crash: no answer within ${limit / 1000} s`;
  if (run.error) throw run.error;
  const said = run.stderr + run.stdout;
  if (run.signal) return `crash: ended by ${run.signal}`;
  if (run.status === 0 && said.includes("Valid proof")) return "accept";
  if (said.includes("Invalid proof")) return "refuse";
  return `error: ${oneLine(said.replace("Error: ", ""))}`;
}
