// Owns: running cases one by one in a process of their own, so that a case that exits, aborts or never ends is recorded as a
// crash and the cases after it run in a new process.
//
// A module that runs cases calls serve(decide); the module that wants them run calls runGuarded(path of that module, cases).

import { fork } from "node:child_process";
import { oneLine } from "./suite.mjs";

/** Time for one case, in milliseconds. Generous: it tells an endless loop from a slow machine. */
const limit = 120_000;

/** Runs cases in order. Resolves to { name: outcome }. */
export async function runGuarded(module, cases) {
  const results = {};
  let child = null;
  for (const one of cases) {
    child ??= fork(module, ["serve"], { stdio: ["ignore", "ignore", "inherit", "ipc"], serialization: "advanced" });
    results[one.name] = await ask(child, one);
    if (results[one.name].startsWith("crash")) {
      child.kill("SIGKILL");
      child = null;
    }
  }
  child?.kill("SIGKILL");
  return results;
}

function ask(child, one) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => finish(`crash: no answer within ${limit / 1000} s`), limit);
    const onExit = (code, signal) => finish(`crash: the process ended with ${signal ?? code}`);
    const onMessage = (outcome) => finish(outcome);
    function finish(outcome) {
      clearTimeout(timer);
      child.off("exit", onExit).off("message", onMessage);
      resolve(outcome);
    }
    child.once("exit", onExit).once("message", onMessage);
    child.send(one, (error) => { if (error) finish(`crash: ${oneLine(error)}`); });
  });
}

/** Answers each case with decide(case), which gives true, false or an outcome; what it throws is an error with its text. */
export function serve(decide) {
  // A promise that nobody waits for is no answer of the case; left alone it would end the process.
  process.on("unhandledRejection", (reason) => process.send(`crash: unhandled rejection: ${oneLine(reason)}`));
  process.on("message", async (one) => {
    let outcome;
    try {
      const said = await decide(one);
      outcome = said === true ? "accept" : said === false ? "refuse" : typeof said === "string" ? said : `error: answered ${said}`;
    } catch (error) {
      outcome = `error: ${oneLine(error)}`;
    }
    process.send(outcome);
  });
}
