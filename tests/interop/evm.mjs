// Owns: one exported Solidity verifier and many calls of it. The chain: chain.mjs.
// Argument: a JSON file { "contract": path of a .sol, "calls": [hex of the arguments, without the selector] }.
// Prints { "bytes": length of the deployed code, "selector": hex, "results": ["true" | "false" | "revert: REASON" | "nothing" | "returned HEX", ...],
// "gas": [...] }.
import { readFileSync } from "node:fs";
import { call, compile, deploy, openChain } from "./chain.mjs";

const { contract: path, calls } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const evm = await openChain();
const contract = await deploy(evm, compile({ "Verifier.sol": readFileSync(path, "utf8") })["Verifier.sol"]);
const selector = contract.selector("verifyProof(");
const answers = [];
for (const words of calls) {
  answers.push(await call(evm, contract, selector + words));
}
console.log(JSON.stringify({
  bytes: contract.bytes,
  selector,
  results: answers.map(({ result }) => result),
  gas: answers.map(({ gas }) => gas),
}));
