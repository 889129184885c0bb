// Owns: what snarkjs makes of the vectors, by its own functions: those that its command line calls.
//
// node snarkjs.mjs FOLDER prints the outcomes of all cases. A batch is its claims one by one, since snarkjs has no batch.

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
  printResults("snarkjs", versionOf("snarkjs"), await runModule(fileURLToPath(import.meta.url), readCases(process.argv[2])));
}
