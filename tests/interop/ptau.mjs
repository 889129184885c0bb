// Owns: steps of phase 1 that snarkjs takes, many in one process, since starting it takes longer than a step.
//
// node ptau.mjs STEPS.json: an array of [verb, ...arguments]; prints one JSON value a step, in a line of its own.

import { readFileSync } from "node:fs";
import { curves, powersOfTau } from "snarkjs";

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const said = [];
const logger = {
  debug: () => {},
  info: () => {},
  warn: (text) => said.push(text),
  error: (text) => said.push(text),
};

const verbs = {
  new: async (curve, power, file) => hex(await powersOfTau.newAccumulator(await curves.getCurveFromName(curve), power, file, logger)),
  contribute: async (before, after, name) => hex(await powersOfTau.contribute(before, after, name, "not a secret", logger)),
  beacon: async (before, after, name, hash, iterations) => hex(await powersOfTau.beacon(before, after, name, hash, iterations, logger)),
  prepare: async (before, after) => { await powersOfTau.preparePhase2(before, after, logger); return true; },
  truncate: async (file, template) => powersOfTau.truncate(file, template, logger),
  verify: async (file) => powersOfTau.verify(file, logger),
};

for (const [verb, ...rest] of JSON.parse(readFileSync(process.argv[2], "utf8"))) {
  let result;
  try {
    result = await verbs[verb](...rest);
  } catch (error) {
    result = `error: ${error.message}`;
  }
  console.log(JSON.stringify({ verb, result, said: said.splice(0) }));
}
process.exit(0);
