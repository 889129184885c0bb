// Owns: holding the files of vectors to their schema, by a validator that is not ours.
// node schema.mjs FOLDER prints { "files": how many, "errors": [ "PATH: WHERE WHAT", … ], "mutants": how many changed files were refused }.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv/dist/2020.js";
import { curves, kinds } from "./suite.mjs";

const folder = process.argv[2];
const validate = new Ajv({ strict: false }).compile(JSON.parse(readFileSync(join(folder, "schema.json"), "utf8")));
const errors = [];
let files = 0;
let mutants = 0;
for (const curve of curves) {
  for (const kind of kinds) {
    const text = readFileSync(join(folder, curve, kind + ".json"), "utf8");
    files++;
    if (!validate(JSON.parse(text))) {
      errors.push(...validate.errors.map((error) => `${curve}/${kind}.json: ${error.instancePath} ${error.message}`));
    }

    // A schema that refuses nothing would be kept by anything.
    for (const change of [
      (file) => (file.cases[0].extra = 1),
      (file) => (file.cases[0].reason = "because"),
      (file) => (file.cases[0].reason = "syntax"),
      (file) => delete file.cases[0].comment,
      (file) => (file.kind = "other"),
      (file) => (file.cases = []),
    ]) {
      const file = JSON.parse(text);
      change(file);
      mutants += validate(file) ? 0 : 1;
    }
  }
}

console.log(JSON.stringify({ files, errors, mutants }));
