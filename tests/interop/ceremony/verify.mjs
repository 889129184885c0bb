// Owns: snarkjs's verification of finished keys, several in one process. Called with .r1cs, .ptau and .zkey of each; prints "ok" and the
// key for each that is true, and ends with 1 where one is not.

import * as snarkjs from "snarkjs";

const files = process.argv.slice(2);
let allTrue = files.length > 0;
for (let i = 0; i + 2 < files.length; i += 3) {
  const isTrue = await snarkjs.zKey.verifyFromR1cs(files[i], files[i + 1], files[i + 2]);
  console.log(`${isTrue ? "ok" : "false"} ${files[i + 2]}`);
  allTrue &&= isTrue;
}
process.exit(allTrue ? 0 : 1);
