// Owns: gas of a right call and size of code of exported verifiers, in the EVM of ethereumjs (hardfork Prague).
//
// node gas.mjs STATEMENTS [GNARK] prints JSON: STATEMENTS is made by `dotnet ProvingService.Interop.Tests.dll statements STATEMENTS`;
// GNARK, where given, is a folder with the contract that gnark exports for each key over BN254, named COUNT.sol (see README.md).
// All contracts verify the same statements under the same keys; their public inputs are full-size field elements, since bytes that
// are zero cost less. A call costs execution, its data (16 for a byte, 4 for a zero byte) and 21,000 for the transaction.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { call, compile, deploy, openChain } from "../chain.mjs";
import { bytesAndWords, callArguments } from "./calldata.mjs";
import { renderSnarkjs, versionOf } from "./suite.mjs";

const [path, gnark] = process.argv.slice(2);
const evm = await openChain();
const rows = [];
for (const [name, { key, public: inputs, proof, contract }] of Object.entries(JSON.parse(readFileSync(path, "utf8")))) {
  const [curve, count] = name.split("/");
  const words = callArguments(curve, Number(count), proof, inputs);
  rows.push(await measure(curve === "bn254" ? "zkps, BN254" : "zkps, BLS12-381", count, contract, "verifyProof(", words));
  if (curve !== "bn254") continue;
  rows.push(await measure("snarkjs, BN254", count, renderSnarkjs(key), "verifyProof(", words));
  const theirs = gnark && join(gnark, count + ".sol");
  if (!theirs || !existsSync(theirs)) continue;
  const source = readFileSync(theirs, "utf8");
  // gnark's function takes A, B and C as bytes. Its own contract compresses them: that form is of no other library.
  const [points, publics] = [words.slice(0, 512), words.slice(512)];
  rows.push(await measure("gnark, BN254", count, source, "verifyProof(", bytesAndWords(points, publics)));
  const compressed = await ask(source, "compressProof(", bytesAndWords(points, ""));
  rows.push(await measure("gnark, BN254, compressed", count, source, "verifyCompressedProof(", compressed.result.replace("returned 0x", "") + publics));
}
rows.sort((a, b) => a.contract.localeCompare(b.contract) || a.inputs - b.inputs);
console.log(JSON.stringify({
  date: new Date().toISOString().slice(0, 10),
  with: `solc ${versionOf("solc")} (optimizer, 200 runs), ethereumjs ${versionOf("@ethereumjs/evm")}, snarkjs ${versionOf("snarkjs")}`,
  rows,
}, null, 1));

async function measure(contract, inputs, source, start, words) {
  const answer = await ask(source, start, words);
  // gnark's contract answers nothing where it says yes.
  if (answer.result !== "true" && answer.result !== "nothing") throw new Error(`${contract}, ${inputs} inputs: ${answer.result}`);
  const data = Buffer.from(answer.data, "hex");
  const zeros = data.filter((byte) => byte === 0).length;
  return { contract, inputs: Number(inputs), execution: answer.gas, calldata: 16 * (data.length - zeros) + 4 * zeros, code: answer.bytes };
}

async function ask(source, start, words) {
  const contract = await deploy(evm, compile({ "Verifier.sol": source })["Verifier.sol"]);
  const data = contract.selector(start) + words;
  // In a transaction every precompile is warm from the start; here it is from its first use on.
  await call(evm, contract, data);
  return { ...await call(evm, contract, data), data, bytes: contract.bytes };
}
