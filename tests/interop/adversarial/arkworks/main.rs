// Owns: what arkworks makes of the vectors: a case a line in, its outcome a line out. Started by command.mjs; see README.md.
//
// Everything goes through arkworks' own decoders with their checks (CanonicalDeserialize, deserialize_uncompressed and
// deserialize_compressed; the _unchecked ones are not used). Vectors of kind verify become the uncompressed encoding, those of
// kind encoding are compressed as they stand. What these bytes cannot say is inexpressible. A batch is its claims one by one.

use ark_bls12_381::Bls12_381;
use ark_bn254::Bn254;
use ark_ec::pairing::Pairing;
use ark_groth16::{Groth16, Proof, VerifyingKey};
use ark_serialize::CanonicalDeserialize;
use ark_snark::SNARK;
use num_bigint::BigUint;
use serde_json::Value;
use std::io::BufRead;

/// What is no yes: a "no", an error of the library's, or a case that its input cannot say.
enum Not {
    Accepted,
    Decoded(String),
    Expressible(String),
}

type Outcome<T> = Result<T, Not>;

fn inexpressible<T>(why: &str) -> Outcome<T> {
    Err(Not::Expressible(why.to_string()))
}

fn main() {
    for line in std::io::stdin().lock().lines() {
        let case: Value = serde_json::from_str(&line.expect("a line")).expect("a case in JSON");
        let outcome = match case["curve"].as_str() {
            Some("bn254") => decide::<Bn254>(&case, &BN254),
            _ => decide::<Bls12_381>(&case, &BLS12_381),
        };
        let said = match outcome {
            Ok(()) => "accept".to_string(),
            Err(Not::Accepted) => "refuse".to_string(),
            Err(Not::Decoded(why)) => format!("error: {why}"),
            Err(Not::Expressible(why)) => format!("inexpressible: {why}"),
        };
        println!("{}", said.replace('\n', " "));
    }
}

/// How a curve's points stand in bytes.
struct Encoding {
    /// Bytes of a coordinate.
    width: usize,
    /// BLS12-381: as zcash has it, big-endian, c1 first, flags in the first byte. BN254: little-endian, c0 first, flags in the last.
    big_endian: bool,
    /// How many of the top bits of the coordinate with the flags are theirs.
    flags: u64,
}

const BN254: Encoding = Encoding { width: 32, big_endian: false, flags: 2 };
const BLS12_381: Encoding = Encoding { width: 48, big_endian: true, flags: 3 };

/// The flag of infinity in the byte of the flags: the same in both.
const INFINITY: u8 = 0x40;

fn decide<E: Pairing>(case: &Value, encoding: &Encoding) -> Outcome<()> {
    let kind = case["kind"].as_str().unwrap_or_default();
    if kind == "transcript" || case["encoding"] == "calldata" {
        return inexpressible("arkworks reads neither .zkey and .ptau nor calldata");
    }
    if kind == "encoding" && !encoding.big_endian {
        return inexpressible("arkworks compresses points of BN254 in another way");
    }
    let key = read_key::<E>(&case["key"], encoding)?;
    match kind {
        "encoding" => {
            let proof = hex(&case["proof"])?;
            if proof.len() > 4 * encoding.width {
                return inexpressible("the decoder reads a stream and says where the proof ends");
            }
            let proof = Proof::<E>::deserialize_compressed(&proof[..]).map_err(|e| Not::Decoded(format!("proof: {e}")))?;
            let words = hex(&case["public"])?;
            verify(&key, &proof, words.chunks(32).map(|word| word.iter().rev().copied().collect()))
        }
        "batch" => case["claims"].as_array().into_iter().flatten().try_for_each(|claim| verify_claim(&key, claim, encoding)),
        _ => verify_claim(&key, case, encoding),
    }
}

fn verify_claim<E: Pairing>(key: &VerifyingKey<E>, claim: &Value, encoding: &Encoding) -> Outcome<()> {
    let mut bytes = Vec::new();
    g1(&mut bytes, &claim["proof"]["pi_a"], encoding)?;
    g2(&mut bytes, &claim["proof"]["pi_b"], encoding)?;
    g1(&mut bytes, &claim["proof"]["pi_c"], encoding)?;
    let Some(list) = claim["public"].as_array() else { return inexpressible("the public inputs are not a list") };
    let inputs = list.iter().map(|input| number(input, 32, 0, false)).collect::<Outcome<Vec<_>>>()?;
    let proof = Proof::<E>::deserialize_uncompressed(&bytes[..]).map_err(|e| Not::Decoded(format!("proof: {e}")))?;
    verify(key, &proof, inputs.into_iter())
}

fn verify<E: Pairing>(key: &VerifyingKey<E>, proof: &Proof<E>, inputs: impl Iterator<Item = Vec<u8>>) -> Outcome<()> {
    let inputs = inputs
        .map(|bytes| E::ScalarField::deserialize_uncompressed(&bytes[..]))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| Not::Decoded(format!("public inputs: {e}")))?;
    match Groth16::<E>::verify(key, &inputs, proof) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Not::Accepted),
        Err(e) => Err(Not::Decoded(e.to_string())),
    }
}

fn read_key<E: Pairing>(key: &Value, encoding: &Encoding) -> Outcome<VerifyingKey<E>> {
    let Some(ic) = key["IC"].as_array() else { return inexpressible("the case has no key") };
    if key["nPublic"].as_u64() != Some(ic.len() as u64).and_then(|count| count.checked_sub(1)) {
        return inexpressible("arkworks' key has no count beside the points IC");
    }
    let mut bytes = Vec::new();
    g1(&mut bytes, &key["vk_alpha_1"], encoding)?;
    g2(&mut bytes, &key["vk_beta_2"], encoding)?;
    g2(&mut bytes, &key["vk_gamma_2"], encoding)?;
    g2(&mut bytes, &key["vk_delta_2"], encoding)?;
    bytes.extend((ic.len() as u64).to_le_bytes());
    for point in ic {
        g1(&mut bytes, point, encoding)?;
    }
    VerifyingKey::deserialize_uncompressed(&bytes[..]).map_err(|e| Not::Decoded(format!("key: {e}")))
}

fn g1(bytes: &mut Vec<u8>, point: &Value, encoding: &Encoding) -> Outcome<()> {
    if *point == serde_json::json!(["0", "1", "0"]) {
        return infinity(bytes, 2, encoding);
    }
    if point.as_array().map(Vec::len) != Some(3) || point[2] != "1" {
        return inexpressible("a point is not given by its affine coordinates");
    }
    coordinates(bytes, [&point[0], &point[1]], encoding)
}

fn g2(bytes: &mut Vec<u8>, point: &Value, encoding: &Encoding) -> Outcome<()> {
    if *point == serde_json::json!([["0", "0"], ["1", "0"], ["0", "0"]]) {
        return infinity(bytes, 4, encoding);
    }
    if point.as_array().map(Vec::len) != Some(3) || point[2] != serde_json::json!(["1", "0"]) {
        return inexpressible("a point is not given by its affine coordinates");
    }
    let parts = if encoding.big_endian { [1, 0] } else { [0, 1] };
    coordinates(bytes, [&point[0][parts[0]], &point[0][parts[1]], &point[1][parts[0]], &point[1][parts[1]]], encoding)
}

/// Writes coordinates in their order. The first or the last of them leaves room for the flags, which are zero: not compressed, not
/// infinity.
fn coordinates<const N: usize>(bytes: &mut Vec<u8>, values: [&Value; N], encoding: &Encoding) -> Outcome<()> {
    let flagged = if encoding.big_endian { 0 } else { N - 1 };
    for (i, value) in values.into_iter().enumerate() {
        let flags = if i == flagged { encoding.flags } else { 0 };
        bytes.extend(number(value, encoding.width, flags, encoding.big_endian)?);
    }
    Ok(())
}

fn infinity(bytes: &mut Vec<u8>, count: usize, encoding: &Encoding) -> Outcome<()> {
    let mut point = vec![0; count * encoding.width];
    let place = if encoding.big_endian { 0 } else { point.len() - 1 };
    point[place] = INFINITY;
    bytes.extend(point);
    Ok(())
}

fn number(value: &Value, width: usize, flags: u64, big_endian: bool) -> Outcome<Vec<u8>> {
    let text = value.as_str().unwrap_or_default();
    let digits = !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    let Some(number) = digits.then(|| text.parse::<BigUint>().ok()).flatten() else {
        return inexpressible(&format!("{value} is no unsigned number"));
    };
    if number.bits() > 8 * width as u64 - flags {
        return inexpressible("a number has more bits than stand in its place");
    }
    let mut bytes = number.to_bytes_le();
    bytes.resize(width, 0);
    if big_endian {
        bytes.reverse();
    }
    Ok(bytes)
}

fn hex(value: &Value) -> Outcome<Vec<u8>> {
    let text = value.as_str().unwrap_or_default();
    let byte = |i: usize| text.get(i..i + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    match (0..text.len()).step_by(2).map(byte).collect() {
        Some(bytes) => Ok(bytes),
        None => inexpressible("the case is not hex"),
    }
}
