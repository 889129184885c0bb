// Owns: what a library makes of the vectors that is driven by a program of its own language: gnark/main.go, arkworks/main.rs.
//
// node command.mjs LIBRARY VERSION LANGUAGE FOLDER PROGRAM [ARGUMENT …] prints the outcomes. PROGRAM reads a case a line and answers it
// with its outcome in a line, in order; LANGUAGE is what made it, such as "go 1.26".

import { runCommand } from "./guard.mjs";
import { printResults, readCases } from "./suite.mjs";

const [library, version, language, folder, ...command] = process.argv.slice(2);
if (command.length === 0) {
  console.error("usage: node command.mjs LIBRARY VERSION LANGUAGE FOLDER PROGRAM [ARGUMENT …]");
  process.exit(2);
}
printResults(library, version, await runCommand(command, readCases(folder)), language);
