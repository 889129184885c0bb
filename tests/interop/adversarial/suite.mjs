// Owns: reading the vectors of tests/vectors/groth16-adversarial, what a runner prints, and how an outcome is judged.
// It decides nothing about a case: that is the libraries' part.

import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const packages = fileURLToPath(new URL("../node_modules", import.meta.url));

export const curves = ["bn254", "bls12-381"];
export const kinds = ["verify", "encoding", "batch", "transcript"];

/** All cases of both curves in order. Each also has name (curve/kind/id), curve, kind, folder, and its key by value as well. */
export function readCases(folder) {
  const cases = [];
  for (const curve of curves) {
    for (const kind of kinds) {
      const path = join(folder, curve, kind + ".json");
      if (!existsSync(path)) continue;
      const file = JSON.parse(readFileSync(path, "utf8"));
      if (file.suite !== "groth16-adversarial" || file.curve !== curve || file.kind !== kind) {
        throw new Error(`${path} is not a file of ${kind} vectors over ${curve}.`);
      }
      for (const one of file.cases) {
        cases.push({
          ...one, curve, kind, folder: join(folder, curve), name: `${curve}/${kind}/${one.id}`,
          keyName: one.key, key: file.keys?.[one.key],
        });
      }
    }
  }
  if (cases.length === 0) throw new Error(`${folder} has no vectors.`);
  return cases;
}

/** Prints what a runner found, as the format of the vectors has it. */
export function printResults(library, version, results, machine = `node ${process.versions.node}`) {
  const made = { library, version, date: new Date().toISOString().slice(0, 10), with: machine, results };
  process.stdout.write(JSON.stringify(made, null, 1) + "\n");
}

/** The version of an installed package. */
export function versionOf(name) {
  return JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8")).version;
}

/** The contract that snarkjs exports for a key: its template, rendered as it renders it. */
export function renderSnarkjs(key) {
  const ejs = createRequire(join(packages, "snarkjs/package.json"))("ejs");
  return ejs.render(readFileSync(join(packages, "snarkjs/templates/verifier_groth16.sol.ejs"), "utf8"), key);
}

/** The first line of what was thrown, without paths of this machine. */
export function oneLine(thrown) {
  const text = String(thrown?.message ?? thrown).split("\n")[0].trim();
  return text.replace(/(?:file:\/\/)?\/[^\s:'"]*\/([^\s:'"/]+)/g, "$1").slice(0, 160) || "no text";
}

/** right, wrong yes, wrong no, crash or inexpressible. A crash is a fault by itself, whatever the verdict. */
export function judge(verdict, outcome) {
  if (outcome.startsWith("inexpressible")) return "inexpressible";
  if (outcome.startsWith("crash")) return "crash";
  if (outcome === "accept") return verdict === "accept" ? "right" : "wrong yes";
  if (outcome !== "refuse" && !outcome.startsWith("error")) throw new Error(`'${outcome}' is no outcome.`);
  return verdict === "accept" ? "wrong no" : "right";
}
