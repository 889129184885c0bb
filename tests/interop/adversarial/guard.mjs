// Owns: running cases one by one in a process of their own, so that a case that exits, aborts or never ends is recorded as a
// crash and the cases after it run in a new process.
//
// Two kinds of process: a module of Node that calls serve(decide) and is handed cases as messages, and any other command, which is
// handed each case as a line of JSON and answers with a line that is an outcome.

import { fork, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { oneLine } from "./suite.mjs";

/** Time for one case, in milliseconds. Generous: it tells an endless loop from a slow machine. */
const limit = 120_000;

/** Time for a case that is known to crash: enough to see it answer where it does so after all. */
const shortLimit = 3_000;

/** How much of what a process says on its error output is kept, to say why it ended. */
const errorLength = 4096;

/** Runs cases in order by a module of Node; crashing says of a name whether it is known to crash. Resolves to { name: outcome }. */
export function runModule(module, cases, crashing = () => false) {
  return run(cases, crashing, () => {
    const child = fork(module, ["serve"], { stdio: ["ignore", "ignore", "pipe", "ipc"], serialization: "advanced" });
    return { child, onAnswer: (listener) => child.on("message", listener), send: (one) => child.send(one, () => {}) };
  });
}

/** Runs cases in order by a command. Resolves to { name: outcome }. */
export function runCommand([program, ...rest], cases) {
  return run(cases, () => false, () => {
    const child = spawn(program, rest, { stdio: "pipe" });
    child.stdin.on("error", () => {});
    const lines = createInterface({ input: child.stdout });
    return { child, onAnswer: (listener) => lines.on("line", listener), send: (one) => child.stdin.write(JSON.stringify(one) + "\n") };
  });
}

async function run(cases, crashing, start) {
  const results = {};
  let process = null;
  for (const one of cases) {
    process ??= open(start);
    results[one.name] = await process.ask(one, crashing(one.name) ? shortLimit : limit);
    if (process.ended || results[one.name].startsWith("crash: no answer")) {
      process.kill();
      process = null;
    }
  }
  process?.kill();
  return results;
}

function open(start) {
  const { child, onAnswer, send } = start();
  let answer = null;
  let said = "";
  const opened = { ended: false, kill: () => child.kill("SIGKILL"), ask };
  child.stderr.on("data", (data) => { said = (said + data).slice(-errorLength); });
  onAnswer((outcome) => answer?.(outcome));
  child.on("error", (error) => end(oneLine(error)));
  child.on("close", (code, signal) => end(`the process ended with ${signal ?? code}${reason(said)}`));
  return opened;

  function end(why) {
    opened.ended = true;
    answer?.(`crash: ${why}`);
  }

  function ask(one, time) {
    return new Promise((resolve) => {
      const timer = setTimeout(() => answer(`crash: no answer within ${time / 1000} s`), time);
      answer = (outcome) => {
        clearTimeout(timer);
        answer = null;
        resolve(outcome);
      };
      send(one);
    });
  }
}

/** What a dying process said of why: a panic's line, or the first. */
function reason(said) {
  const lines = said.split("\n").filter((line) => line.trim() !== "");
  const line = lines.find((text) => /panic|fatal|abort/i.test(text)) ?? lines[0];
  return line ? `, ${oneLine(line)}` : "";
}

/** Answers each case with decide(case), which gives true, false or an outcome; what it throws is an error with its text. */
export function serve(decide) {
  // A rejected promise that nobody waits for would end a program that uses the library: it ends this one.
  process.on("unhandledRejection", (error) => {
    console.error(`unhandled rejection: ${oneLine(error)}`);
    process.exit(1);
  });
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
