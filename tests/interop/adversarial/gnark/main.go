// Owns: what gnark makes of the vectors: a case a line in, its outcome a line out. Started by command.mjs; see README.md.
//
// Everything goes through gnark's own decoders, which check points and numbers (ReadFrom, UnmarshalBinary; the unchecked
// UnsafeReadFrom is not used). Vectors of kind verify become the uncompressed encoding, those of kind encoding are compressed as
// they stand. What these bytes cannot say is inexpressible. gnark verifies one proof at a time: a batch is its claims one by one.
//
// "main contract KEY.json" instead prints the contract that gnark exports for a verification_key.json over BN254.
package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"strings"

	"github.com/consensys/gnark-crypto/ecc"
	"github.com/consensys/gnark/backend/groth16"
	"github.com/consensys/gnark/backend/witness"
	"github.com/consensys/gnark/logger"
)

// A curve's encoding: bytes of a coordinate, top bits of a point's first byte that are flags, and the first byte of infinity.
type curve struct {
	id                     ecc.ID
	width, flags           int
	infinity, rawInfinity  byte
	generatorX, generatorY string
}

var curves = map[string]curve{
	"bn254": {ecc.BN254, 32, 2, 0x40, 0x00, "1", "2"},
	"bls12-381": {ecc.BLS12_381, 48, 3, 0xc0, 0x40,
		"3685416753713387016781088315183077757961620795782546409894578378688607592378376318836054947676345821548104185464507",
		"1339506544944476473020471379941921221584933875938349620426543736416511423956333506472724655353366534992391756441569"},
}

type claim struct {
	Proof  json.RawMessage `json:"proof"`
	Public json.RawMessage `json:"public"`
}

type vector struct {
	claim
	Curve    string  `json:"curve"`
	Kind     string  `json:"kind"`
	Encoding string  `json:"encoding"`
	Key      *key    `json:"key"`
	Claims   []claim `json:"claims"`
}

type key struct {
	NPublic int        `json:"nPublic"`
	Alpha   []string   `json:"vk_alpha_1"`
	Beta    [][]string `json:"vk_beta_2"`
	Gamma   [][]string `json:"vk_gamma_2"`
	Delta   [][]string `json:"vk_delta_2"`
	IC      [][]string `json:"IC"`
}

type points struct {
	A []string   `json:"pi_a"`
	B [][]string `json:"pi_b"`
	C []string   `json:"pi_c"`
}

// inexpressible says why gnark's input cannot be what a case has.
type inexpressible string

func (why inexpressible) Error() string { return string(why) }

func main() {
	logger.Disable()
	if len(os.Args) == 3 && os.Args[1] == "contract" {
		if err := contract(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		return
	}
	in := bufio.NewReader(os.Stdin)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		fmt.Println(strings.ReplaceAll(outcome(line), "\n", " "))
	}
}

func outcome(line []byte) string {
	var one vector
	if err := json.Unmarshal(line, &one); err != nil {
		return "inexpressible: its form is not that of iden3's files: " + err.Error()
	}
	err := decide(&one)
	var why inexpressible
	switch {
	case err == nil:
		return "accept"
	case errors.As(err, &why):
		return "inexpressible: " + string(why)
	case errors.Is(err, errRefused):
		return "refuse"
	default:
		return "error: " + err.Error()
	}
}

var errRefused = errors.New("refused")

func decide(one *vector) error {
	c := curves[one.Curve]
	if one.Kind == "transcript" || one.Encoding == "calldata" {
		return inexpressible("gnark reads neither .zkey and .ptau nor calldata")
	}
	vk, err := c.readKey(one.Key)
	if err != nil {
		return err
	}
	claims := one.Claims
	if one.Kind != "batch" {
		claims = []claim{one.claim}
	}
	for _, each := range claims {
		proof, inputs, err := c.encode(&each, one.Kind == "encoding")
		if err != nil {
			return err
		}
		if err := c.verify(vk, proof, inputs); err != nil {
			return err
		}
	}
	return nil
}

// verify decodes a proof and its inputs and verifies; all errors of the decoders are returned, a "no" is errRefused.
func (c curve) verify(vk groth16.VerifyingKey, proofBytes, inputs []byte) error {
	proof := groth16.NewProof(c.id)
	if _, err := proof.ReadFrom(bytes.NewReader(proofBytes)); err != nil {
		return fmt.Errorf("proof: %w", err)
	}
	public, err := witness.New(c.id.ScalarField())
	if err != nil {
		return err
	}
	if err := public.UnmarshalBinary(inputs); err != nil {
		return fmt.Errorf("public inputs: %w", err)
	}
	if err := groth16.Verify(proof, vk, public); err != nil {
		if strings.Contains(err.Error(), "pairing doesn't match") {
			return errRefused
		}
		return err
	}
	return nil
}

// encode gives a claim in gnark's binary form: A, B, C, no commitments, and the inputs after their counts.
func (c curve) encode(each *claim, isCompressed bool) (proof, inputs []byte, err error) {
	var counted []byte
	if isCompressed {
		var proofHex, inputsHex string
		if json.Unmarshal(each.Proof, &proofHex) != nil || json.Unmarshal(each.Public, &inputsHex) != nil {
			return nil, nil, inexpressible("the case is not hex")
		}
		proof, err = hex.DecodeString(proofHex)
		if err == nil {
			counted, err = hex.DecodeString(inputsHex)
		}
		if err != nil {
			return nil, nil, inexpressible("the case is not hex")
		}
		if len(proof) > 4*c.width {
			return nil, nil, inexpressible("gnark's proof goes on behind C, with commitments: more bytes are another proof")
		}
	} else {
		var p points
		var numbers []string
		if err := json.Unmarshal(each.Proof, &p); err != nil {
			return nil, nil, inexpressible("the proof has another form: " + err.Error())
		}
		if err := json.Unmarshal(each.Public, &numbers); err != nil {
			return nil, nil, inexpressible("the public inputs have another form: " + err.Error())
		}
		var e encoder
		e.g1(c, p.A)
		e.g2(c, p.B)
		e.g1(c, p.C)
		proof = e.out
		e.out = nil
		for _, number := range numbers {
			e.number(number, 32, 256)
		}
		counted = e.out
		if e.err != nil {
			return nil, nil, e.err
		}
	}
	count := uint32((len(counted) + 31) / 32)
	inputs = binary.BigEndian.AppendUint32(nil, count)
	inputs = binary.BigEndian.AppendUint32(inputs, 0)
	inputs = binary.BigEndian.AppendUint32(inputs, count)
	// No commitments, and infinity for the proof of knowledge of none.
	none := make([]byte, 4+c.width)
	none[4] = c.infinity
	return append(proof, none...), append(inputs, counted...), nil
}

// readKey decodes a key from gnark's uncompressed form. It holds β and δ in G1 as well, which no verifier uses and iden3's file
// lacks: the generator takes their place.
func (c curve) readKey(k *key) (groth16.VerifyingKey, error) {
	if k == nil {
		return nil, inexpressible("the case has no key")
	}
	if k.NPublic != len(k.IC)-1 {
		return nil, inexpressible("gnark's key has no count beside the points IC")
	}
	var e encoder
	unused := []string{c.generatorX, c.generatorY, "1"}
	e.g1(c, k.Alpha)
	e.g1(c, unused)
	e.g2(c, k.Beta)
	e.g2(c, k.Gamma)
	e.g1(c, unused)
	e.g2(c, k.Delta)
	e.out = binary.BigEndian.AppendUint32(e.out, uint32(len(k.IC)))
	for _, point := range k.IC {
		e.g1(c, point)
	}
	// No committed inputs, no commitment keys.
	e.out = append(e.out, make([]byte, 8)...)
	if e.err != nil {
		return nil, fmt.Errorf("key: %w", e.err)
	}
	vk := groth16.NewVerifyingKey(c.id)
	if _, err := vk.ReadFrom(bytes.NewReader(e.out)); err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	return vk, nil
}

// encoder writes points and numbers and keeps the first reason why one cannot be said.
type encoder struct {
	out []byte
	err error
}

// noZero says why a finite point (0, 0) cannot be said.
const noZero = "in gnark's bytes (0, 0) is infinity, and the case means a point"

func (e *encoder) g1(c curve, p []string) {
	if len(p) == 3 && p[0] == "0" && p[1] == "1" && p[2] == "0" {
		e.infinity(c, 2)
		return
	}
	if len(p) != 3 || p[2] != "1" {
		e.fail("a point is not given by its affine coordinates")
		return
	}
	if p[0] == "0" && p[1] == "0" {
		e.fail(noZero)
		return
	}
	e.number(p[0], c.width, 8*c.width-c.flags)
	e.number(p[1], c.width, 8*c.width)
}

func (e *encoder) g2(c curve, p [][]string) {
	if fmt.Sprint(p) == "[[0 0] [1 0] [0 0]]" {
		e.infinity(c, 4)
		return
	}
	if len(p) != 3 || fmt.Sprint(p[2]) != "[1 0]" || len(p[0]) != 2 || len(p[1]) != 2 {
		e.fail("a point is not given by its affine coordinates")
		return
	}
	if fmt.Sprint(p[:2]) == "[[0 0] [0 0]]" {
		e.fail(noZero)
		return
	}
	e.number(p[0][1], c.width, 8*c.width-c.flags)
	e.number(p[0][0], c.width, 8*c.width)
	e.number(p[1][1], c.width, 8*c.width)
	e.number(p[1][0], c.width, 8*c.width)
}

func (e *encoder) infinity(c curve, coordinates int) {
	at := len(e.out)
	e.out = append(e.out, make([]byte, coordinates*c.width)...)
	e.out[at] = c.rawInfinity
}

func (e *encoder) number(text string, width, bits int) {
	value, ok := new(big.Int).SetString(text, 10)
	switch {
	case !ok || value.Sign() < 0 || strings.HasPrefix(text, "+"):
		e.fail(fmt.Sprintf("%q is no unsigned number", text))
	case value.BitLen() > bits:
		e.fail(fmt.Sprintf("a number has more than the %d bits that stand in its place", bits))
	default:
		e.out = append(e.out, value.FillBytes(make([]byte, width))...)
	}
}

func (e *encoder) fail(why string) {
	if e.err == nil {
		e.err = inexpressible(why)
	}
}

func contract(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var k key
	if err := json.Unmarshal(text, &k); err != nil {
		return err
	}
	vk, err := curves["bn254"].readKey(&k)
	if err != nil {
		return err
	}
	return vk.ExportSolidity(os.Stdout)
}
