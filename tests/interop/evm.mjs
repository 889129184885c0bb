// Owns: running exported Solidity verifiers: solc compiles, the EVM of ethereumjs (hardfork Prague) executes.
// Argument: a JSON file { "contract": path of a .sol, "calls": [hex of the arguments, without the selector] }.
// Prints { "bytes": length of the deployed code, "selector": hex, "results": ["true" | "false" | "revert: REASON" | "returned HEX", ...],
// "gas": [...] }.
import { readFileSync } from "node:fs";
import { createEVM } from "@ethereumjs/evm";
import { Common, Hardfork, Mainnet } from "@ethereumjs/common";
import { bytesToHex, hexToBytes } from "@ethereumjs/util";
import solc from "solc";

const { contract: path, calls } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const compiled = JSON.parse(solc.compile(JSON.stringify({
  language: "Solidity",
  sources: { "Verifier.sol": { content: readFileSync(path, "utf8") } },
  settings: {
    evmVersion: "prague",
    optimizer: { enabled: true, runs: 200 },
    outputSelection: { "*": { "*": ["evm.bytecode.object", "evm.methodIdentifiers"] } },
  },
})));
for (const message of compiled.errors ?? []) {
  console.error(message.formattedMessage);
}
const { evm: output } = compiled.contracts?.["Verifier.sol"]?.Groth16Verifier ?? process.exit(1);
if (compiled.errors?.length) {
  process.exit(1);
}

const [[, selector]] = Object.entries(output.methodIdentifiers).filter(([name]) => name.startsWith("verifyProof("));
const evm = await createEVM({ common: new Common({ chain: Mainnet, hardfork: Hardfork.Prague }) });
const deployed = await evm.runCall({ data: hexToBytes("0x" + output.bytecode.object), gasLimit: 100_000_000n });
if (deployed.execResult.exceptionError) {
  console.error("deployment failed: " + deployed.execResult.exceptionError.error);
  process.exit(1);
}

const results = [];
const gas = [];
for (const words of calls) {
  const { execResult } = await evm.runCall({
    to: deployed.createdAddress,
    data: hexToBytes("0x" + selector + words),
    gasLimit: 30_000_000n,
  });
  const value = bytesToHex(execResult.returnValue);
  gas.push(Number(execResult.executionGasUsed));
  results.push(
    execResult.exceptionError ? "revert: " + execResult.exceptionError.error
      : value === "0x" + "1".padStart(64, "0") ? "true"
      : value === "0x" + "0".padStart(64, "0") ? "false"
      : "returned " + value);
}
console.log(JSON.stringify({ bytes: deployed.execResult.returnValue.length, selector, results, gas }));
