// Owns: what exported Solidity verifiers make of the vectors, in an EVM.
//
// node evm.mjs FOLDER CONTRACTS [CURVE] prints the outcomes of our exports: CONTRACTS is a JSON file
//   { "CURVE/KIND/KEY": { "source": Solidity } | { "refused": why } | { "malformed": why } },
// made by `dotnet ProvingService.Interop.Tests.dll contracts FOLDER CONTRACTS` (see README.md).
// node evm.mjs FOLDER snarkjs prints those of the exports of snarkjs: its template, rendered for each key over BN254 as snarkjs does.

import { readFileSync } from "node:fs";
import { call, compile, deploy, openChain } from "../chain.mjs";
import { callArguments, Inexpressible } from "./calldata.mjs";
import { oneLine, printResults, readCases, renderSnarkjs, versionOf } from "./suite.mjs";

const [folder, origin, curve] = process.argv.slice(2);
const cases = readCases(folder).filter((one) => !curve || one.curve === curve);
const ours = origin === "snarkjs" ? null : JSON.parse(readFileSync(origin, "utf8"));
const evm = await openChain();
const deployed = new Map();
const results = {};
for (const one of cases) {
  results[one.name] = await decide(one);
}
const machine = `solc ${versionOf("solc")}, ethereumjs ${versionOf("@ethereumjs/evm")}`;
printResults(ours ? "zkps Solidity" : "snarkjs Solidity", ours ? "this commit" : versionOf("snarkjs"), results, machine);

async function decide(one) {
  if (one.kind !== "verify" && one.encoding !== "calldata") return "inexpressible: a contract takes one proof, in words";
  try {
    const export_ = exported(one);
    if (export_.refused) return "refuse";
    if (export_.malformed) return `error: ${export_.malformed}`;
    const data = one.kind === "verify" ? callArguments(one.curve, one.key.IC.length - 1, one.proof, one.public) : one.arguments;
    const contract = await contractOf(export_);
    const { result } = await call(evm, contract, contract.selector("verifyProof(") + data);
    return result === "true" ? "accept" : result === "false" ? "refuse" : `error: ${result}`;
  } catch (error) {
    return error instanceof Inexpressible ? `inexpressible: ${error.message}` : `crash: ${oneLine(error)}`;
  }
}

/** Our export of a case's key, or why there is none; or the template of snarkjs with the key's numbers. */
function exported({ curve, kind, keyName, key }) {
  if (ours) return ours[`${curve}/${kind}/${keyName}`];
  if (curve !== "bn254") throw new Inexpressible("snarkjs exports contracts over BN254 alone");
  if (key.IC.length !== key.nPublic + 1) throw new Inexpressible("a .zkey has as many points IC as its header says");
  if (key.nPublic === 0) throw new Inexpressible("its contract has an array of length zero, which Solidity does not have");
  return { source: renderSnarkjs(key) };
}

async function contractOf({ source }) {
  if (!deployed.has(source)) deployed.set(source, await deploy(evm, compile({ "Verifier.sol": source })["Verifier.sol"]));
  return deployed.get(source);
}
