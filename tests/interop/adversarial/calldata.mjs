// Owns: proofs and public inputs of the vectors as arguments of verifyProof, without its selector. What a contract's arguments cannot
// say, such as a number that is negative or longer than its place, or (0, 0) as a point that is not infinity, is inexpressible, with
// the reason.
//
//   BN254      (uint256[2] A, uint256[2][2] B, uint256[2] C, uint256[n]), coordinates of B with c1 first (EIP-197)
//   BLS12-381  (bytes A ‖ B ‖ C in the encoding of EIP-2537, uint256[n])
// Under a key without public inputs the last argument is left out.

/** Why a case cannot be put to a library. */
export class Inexpressible extends Error {}

/** Hex of the arguments; count is how many public inputs the contract takes. */
export function callArguments(curve, count, proof, inputs) {
  if (!Array.isArray(inputs)) throw new Inexpressible("the public inputs are not a list");
  if (inputs.length !== count) throw new Inexpressible(`the function takes ${count} public inputs, not ${inputs.length}`);
  const words = inputs.map((input) => number(input, 32)).join("");
  if (curve === "bn254") return points(proof, 32, true) + words;
  return bytesAndWords(points(proof, 64, false), words);
}

/** The arguments (bytes, uint256[n]) by the contract ABI: where the bytes begin, the words, then the bytes after their length. */
export function bytesAndWords(bytes, words) {
  return word(32 + words.length / 2) + words + word(bytes.length / 2) + bytes;
}

function word(value) {
  return value.toString(16).padStart(64, "0");
}

function points(proof, width, imaginaryFirst) {
  return g1(proof.pi_a, width) + g2(proof.pi_b, width, imaginaryFirst) + g1(proof.pi_c, width);
}

function g1(point, width) {
  if (isInfinity(point, ["0", "1", "0"])) return "00".repeat(2 * width);
  requireAffine(point, "1");
  return number(point[0], width) + number(point[1], width);
}

function g2(point, width, imaginaryFirst) {
  if (isInfinity(point, [["0", "0"], ["1", "0"], ["0", "0"]])) return "00".repeat(4 * width);
  requireAffine(point, ["1", "0"]);
  return point.slice(0, 2).map((pair) => (imaginaryFirst ? [pair[1], pair[0]] : pair).map((part) => number(part, width)).join("")).join("");
}

function isInfinity(point, infinity) {
  return JSON.stringify(point) === JSON.stringify(infinity);
}

function requireAffine(point, one) {
  if (!Array.isArray(point) || point.length !== 3 || JSON.stringify(point[2]) !== JSON.stringify(one)) {
    throw new Inexpressible("a point is not given by its affine coordinates");
  }
  if (point.slice(0, 2).flat().every((part) => part === "0")) throw new Inexpressible("(0, 0) is infinity in a contract's arguments");
}

function number(text, width) {
  if (typeof text !== "string" || !/^[0-9]+$/.test(text)) throw new Inexpressible(`${JSON.stringify(text)} is no unsigned number`);
  const hex = BigInt(text).toString(16);
  if (hex.length > 2 * width) throw new Inexpressible(`a number is longer than ${width} bytes`);
  return hex.padStart(2 * width, "0");
}
