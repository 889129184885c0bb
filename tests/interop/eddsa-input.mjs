// Owns: an input for circuits/eddsa.circom: a signature that circomlibjs makes with a fixed key. Argument: the file to write.
import { writeFileSync } from "node:fs";
import { buildEddsa } from "circomlibjs";

const eddsa = await buildEddsa();
const { F } = eddsa.babyJub;
const key = Buffer.from("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", "hex");
const message = F.e("1234567890123456789012345678901234567890");
const [Ax, Ay] = eddsa.prv2pub(key);
const signature = eddsa.signPoseidon(key, message);
const text = (value) => F.toObject(value).toString();
writeFileSync(process.argv[2], JSON.stringify({
  enabled: "1",
  Ax: text(Ax),
  Ay: text(Ay),
  R8x: text(signature.R8[0]),
  R8y: text(signature.R8[1]),
  S: signature.S.toString(),
  M: text(message),
}));
