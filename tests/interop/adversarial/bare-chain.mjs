// Owns: what exported contracts say on chains that lack precompiles they call: an account that is not there answers a call with
// success and no data, and that must be no yes.
//
// node bare-chain.mjs STATEMENTS, made by `dotnet ProvingService.Interop.Tests.dll statements STATEMENTS`. Prints
// { "CURVE/COUNT": { "missing ADDRESSES: the true proof" | "…: a stray proof": result } }; with nothing missing the true proof holds.

import { readFileSync } from "node:fs";
import { call, compile, deploy, openChain } from "../chain.mjs";
import { callArguments } from "./calldata.mjs";

// BN254's precompiles came together; those of EIP-2537 are new, and a chain may have some of them.
const missing = { bn254: [[], [6, 7, 8], [8]], "bls12-381": [[], [0x0b, 0x0c, 0x0f], [0x0f], [0x0c], [0x0b]] };

const found = {};
for (const [name, { public: inputs, proof, strays, contract }] of Object.entries(JSON.parse(readFileSync(process.argv[2], "utf8")))) {
  const [curve, count] = name.split("/");
  const compiled = compile({ "Verifier.sol": contract })["Verifier.sol"];
  found[name] = {};
  for (const addresses of missing[curve]) {
    const evm = await openChain(addresses);
    const deployed = await deploy(evm, compiled);
    const ask = async (given) => (await call(evm, deployed, deployed.selector("verifyProof(") + callArguments(curve, Number(count), given, inputs))).result;
    const chain = addresses.length === 0 ? "nothing missing" : `missing ${addresses.join(", ")}`;
    found[name][`${chain}: the true proof`] = await ask(proof);
    for (const [what, stray] of Object.entries(strays)) {
      found[name][`${chain}: ${what}`] = await ask(stray);
    }
  }
}
console.log(JSON.stringify(found, null, 1));
