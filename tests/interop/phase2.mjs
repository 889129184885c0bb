// Owns: steps of a phase-2 ceremony that snarkjs takes, many in one process, since starting it takes longer than a step.
//
// node phase2.mjs STEPS.json: an array of [verb, ...arguments]; prints one JSON value a step, in a line of its own.

import { readFileSync } from "node:fs";
import { curves, groth16, zKey } from "snarkjs";

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));
const said = [];
const logger = {
  debug: () => {},
  info: () => {},
  warn: (text) => said.push(text),
  error: (text) => said.push(text),
};

const verbs = {
  new: async (r1cs, ptau, zkey) => hex(await zKey.newZKey(r1cs, ptau, zkey, logger)),
  contribute: async (before, after, name) => hex(await zKey.contribute(before, after, name, "not a secret", logger)),
  beacon: async (before, after, name, hash, iterations) => hex(await zKey.beacon(before, after, name, hash, iterations, logger)),
  verify: async (r1cs, ptau, zkey) => zKey.verifyFromR1cs(r1cs, ptau, zkey, logger),
  exportBellman: async (zkey, params) => { await zKey.exportBellman(zkey, params, logger); return true; },
  importBellman: async (before, params, after, name) => zKey.importBellman(before, params, after, name, logger),
  bellmanContribute: async (curve, params, response) =>
    hex(await zKey.bellmanContribute(await curves.getCurveFromName(curve), params, response, "not a secret", logger)),
  prove: async (zkey, wtns) => {
    const { proof, publicSignals } = await groth16.prove(zkey, wtns, logger);
    return groth16.verify(await zKey.exportVerificationKey(zkey, logger), publicSignals, proof, logger);
  },
  verifyProof: async (key, input, proof) => groth16.verify(readJson(key), readJson(input), readJson(proof), logger),
};

for (const [verb, ...rest] of readJson(process.argv[2])) {
  let result;
  try {
    result = await verbs[verb](...rest);
  } catch (error) {
    result = `error: ${error.message}`;
  }
  console.log(JSON.stringify({ verb, result, said: said.splice(0) }));
}
process.exit(0);
