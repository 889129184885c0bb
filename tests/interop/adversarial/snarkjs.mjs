// Owns: what snarkjs makes of the vectors, by its own functions: those that its command line calls.
//
// node snarkjs.mjs FOLDER [EXPECTED] prints the outcomes of all cases. A batch is its claims one by one, since snarkjs has no batch.
// A case that EXPECTED, such as expected-snarkjs.json, has as a crash is given up soon.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runModule, serve } from "./guard.mjs";
import { printResults, readCases, versionOf } from "./suite.mjs";

if (process.argv[2] === "serve") {
  // Only the process that runs the cases pays for loading the library.
  const { groth16, powersOfTau, zKey } = await import("snarkjs");
  const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const verify = (key, claim) => groth16.verify(key, claim.public, claim.proof, quiet);
  serve(async (one) => {
    switch (one.kind) {
      case "verify":
        return verify(one.key, one);
      case "batch":
        for (const claim of one.claims) {
          if (!await verify(one.key, claim)) return false;
        }
        return true;
      case "transcript":
        return one.transcript === "ptau"
          ? powersOfTau.verify(join(one.folder, one.file), quiet)
          : zKey.verifyFromR1cs(join(one.folder, one.r1cs), join(one.folder, one.ptau), join(one.folder, one.file), quiet);
      default:
        return one.encoding === "calldata" ? "inexpressible: calldata is for a contract" : "inexpressible: snarkjs reads no compressed points";
    }
  });
} else {
  const [folder, expected] = process.argv.slice(2);
  const { departures } = expected ? JSON.parse(readFileSync(expected, "utf8")) : { departures: {} };
  const results = await runModule(fileURLToPath(import.meta.url), readCases(folder), (name) => departures[name] === "crash");
  printResults("snarkjs", versionOf("snarkjs"), results);
}
