// Owns: a chain for one contract at a time: solc compiles, the EVM of ethereumjs (hardfork Prague) deploys and executes.

import { createEVM } from "@ethereumjs/evm";
import { Common, Hardfork, Mainnet } from "@ethereumjs/common";
import { bytesToHex, createAddressFromString, hexToBytes } from "@ethereumjs/util";
import solc from "solc";

const yes = "0x" + "1".padStart(64, "0");
const no = "0x" + "0".padStart(64, "0");

/** Compiles sources { NAME: text } in one go. Gives { NAME: { bytecode, selectors: { signature: hex } } } of each source's last contract; throws what solc says, warnings too. */
export function compile(sources) {
  const compiled = JSON.parse(solc.compile(JSON.stringify({
    language: "Solidity",
    sources: Object.fromEntries(Object.entries(sources).map(([name, content]) => [name, { content }])),
    settings: {
      evmVersion: "prague",
      optimizer: { enabled: true, runs: 200 },
      outputSelection: { "*": { "*": ["evm.bytecode.object", "evm.methodIdentifiers"] } },
    },
  })));
  if (compiled.errors?.length) {
    throw new Error(compiled.errors.map((message) => message.formattedMessage).join("\n"));
  }
  return Object.fromEntries(Object.entries(compiled.contracts).map(([name, contracts]) => {
    const { evm } = Object.values(contracts).at(-1);
    return [name, { bytecode: evm.bytecode.object, selectors: evm.methodIdentifiers }];
  }));
}

/** A fresh chain, without the precompiles at some addresses. */
export async function openChain(missing = []) {
  return createEVM({
    common: new Common({ chain: Mainnet, hardfork: Hardfork.Prague }),
    customPrecompiles: missing.map((address) => ({ address: createAddressFromString("0x" + address.toString(16).padStart(40, "0")) })),
  });
}

/** Deploys what compile gave. The contract has address, bytes (length of its code) and selector(start of a signature). */
export async function deploy(evm, { bytecode, selectors }) {
  const { createdAddress, execResult } = await evm.runCall({ data: hexToBytes("0x" + bytecode), gasLimit: 100_000_000n });
  if (execResult.exceptionError) {
    throw new Error("deployment failed: " + execResult.exceptionError.error);
  }
  return {
    address: createdAddress,
    bytes: execResult.returnValue.length,
    selector: (start) => Object.entries(selectors).find(([signature]) => signature.startsWith(start))[1],
  };
}

/** Calls a contract with hex of selector and arguments. result is "true", "false", "nothing", "revert: REASON" or "returned HEX". */
export async function call(evm, contract, data) {
  const { execResult } = await evm.runCall({ to: contract.address, data: hexToBytes("0x" + data), gasLimit: 30_000_000n });
  const value = bytesToHex(execResult.returnValue);
  return {
    gas: Number(execResult.executionGasUsed),
    result: execResult.exceptionError ? "revert: " + execResult.exceptionError.error
      : value === yes ? "true" : value === no ? "false" : value === "0x" ? "nothing" : "returned " + value,
  };
}
