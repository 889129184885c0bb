// Owns: reading a receipt: a ReceiptBody of the contract in protobuf's wire format, and its signature where this browser can check it.
// Field numbers: protos/proving/v1/proving.proto. Unknown fields are passed over, as the format asks for.

const text = new TextDecoder();

/** Bytes of base64. */
export const bytesOf = (base64) => Uint8Array.from(atob(base64 ?? ""), (c) => c.charCodeAt(0));

const hexOf = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

function* fields(bytes) {
  let at = 0;
  const varint = () => {
    let value = 0;
    let scale = 1;
    while (true) {
      if (at >= bytes.length) {
        throw new Error("the receipt breaks off.");
      }
      const byte = bytes[at++];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        return value;
      }
      scale *= 128;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const kind = tag & 7;
    if (kind === 0) {
      yield [tag >>> 3, varint()];
      continue;
    }
    const length = kind === 2 ? varint() : kind === 1 ? 8 : kind === 5 ? 4 : -1;
    if (length < 0 || at + length > bytes.length) {
      throw new Error("the receipt cannot be read.");
    }
    yield [tag >>> 3, bytes.subarray(at, at + length)];
    at += length;
  }
}

function seconds(bytes) {
  const parts = Object.fromEntries(fields(bytes));
  return (parts[1] ?? 0) + (parts[2] ?? 0) / 1e9;
}

/** What a receipt says. */
export function readReceipt(base64) {
  const names = { 1: "jobId", 2: "keyHash", 3: "circuitHash", 4: "verificationKeyHash", 7: "engine", 8: "device", 9: "driver", 13: "version", 14: "worker" };
  const receipt = {};
  for (const [field, value] of fields(bytesOf(base64))) {
    if (names[field]) {
      receipt[names[field]] = text.decode(value);
    } else if (field === 5 || field === 6) {
      receipt[field === 5 ? "publicInputsHash" : "proofHash"] = hexOf(value);
    } else if (field === 11) {
      receipt.elapsed = seconds(value);
    } else if (field === 12) {
      receipt.finished = new Date(seconds(value) * 1000).toISOString();
    }
  }
  return receipt;
}

/** Whether the signature is of this key: true, false, or null where this browser cannot tell. */
export async function checkReceipt(receipt) {
  const body = bytesOf(receipt.body);
  const signed = new Uint8Array([...new TextEncoder().encode("proving.v1.Receipt"), 0, ...body]);
  try {
    const publicKey = await crypto.subtle.importKey("raw", bytesOf(receipt.publicKey), { name: "Ed25519" }, false, ["verify"]);
    return await crypto.subtle.verify({ name: "Ed25519" }, publicKey, bytesOf(receipt.signature), signed);
  } catch {
    return null; // No Ed25519, or no secure context.
  }
}
