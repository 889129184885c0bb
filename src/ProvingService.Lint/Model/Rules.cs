// Owns: the catalog of rules: what each means, what an attacker gains, what to do. Never: how they are checked. The table of
// README.md shows this catalog, and a test compares the two.

namespace ProvingService.Lint;

/// <summary>
/// All rules there are. Names begin with what they are about: <c>key</c> for the elements of a key wherever they stand, <c>point</c>
/// for single points, and one for each kind of file.
/// </summary>
public static class Rules
{
    private static readonly List<Rule> Defined = [];

    /// <summary>A file that is of a known kind and cannot be decoded.</summary>
    public static Rule FileMalformed { get; } = Error(
        "file/malformed",
        "The file is of a known kind and does not decode",
        "Programs read such a file differently, or crash on it. What cannot be read cannot be judged.",
        "Fetch the file again, or write it anew by the program that made it.");

    /// <summary>A coordinate is not below the modulus.</summary>
    public static Rule PointNotCanonical { get; } = Error(
        "point/not-canonical",
        "A number of a point is not below its modulus",
        "Readers that reduce it and readers that refuse it disagree on the file, and one point has several spellings.",
        "Write the file anew by a program that reduces its numbers; ask where this one comes from.");

    /// <summary>A point is off its curve.</summary>
    public static Rule PointNotOnCurve { get; } = Error(
        "point/not-on-curve",
        "A point is not on its curve",
        "A verifier that does not check it computes on another, weaker curve: pairings mean nothing there.",
        "Do not use the file. Fetch it again, and compare its hash with the one that its maker published.");

    /// <summary>A point is on its curve and outside the subgroup of order r.</summary>
    public static Rule PointNotInSubgroup { get; } = Error(
        "point/not-in-subgroup",
        "A point is on its curve and outside the subgroup of order r",
        "The pairing is defined on the subgroup alone. A key with such a point can hide a trapdoor, and what is computed from it with secret scalars tells part of them.",
        "Do not use the file: nobody makes such a point by mistake but by damage.");

    /// <summary>α, β, γ or δ at infinity.</summary>
    public static Rule KeyElementAtInfinity { get; } = Error(
        "key/element-at-infinity",
        "α, β, γ or δ is the point at infinity",
        "A term of the pairing equation vanishes: with γ the statement is not looked at, with δ or without α and β the rest can be balanced by anyone.",
        "Do not use the key. Take one from a ceremony that you can verify.");

    /// <summary>γ and δ are small multiples of each other.</summary>
    public static Rule KeyGammaEqualsDelta { get; } = Error(
        "key/gamma-equals-delta",
        "γ equals δ, or one is a small multiple of the other",
        "Anyone forges a proof of any statement: A = α, B = β, and C, a multiple of the inputs' sum, cancels it. This is the state of a key to which no one has contributed.",
        "Contribute to the key before it is used (zkps setup zkey contribute), and deploy anew every verifier that has this one.");

    /// <summary>β is a small multiple of γ or δ.</summary>
    public static Rule KeyElementsRelated { get; } = Error(
        "key/elements-related",
        "β is a small multiple of γ or δ",
        "Anyone forges a proof of any statement: the term of α and β moves into that of γ or δ, where the prover chooses freely.",
        "Do not use the key. Take one from a ceremony that you can verify.");

    /// <summary>A secret of the setup is a small number.</summary>
    public static Rule KeyKnownSecret { get; } = Error(
        "key/known-secret",
        "α, β or δ is a small multiple of the generator",
        "Its secret is a small number, known to all. The setup's secrets are what keeps false statements from being proved.",
        "Do not use the key. Take one from a ceremony that you can verify.");

    /// <summary>The IC point of an input is infinity.</summary>
    public static Rule KeyInputUnbound { get; } = Error(
        "key/input-unbound",
        "The IC point of a public input is infinity",
        "The input is multiplied by nothing: one proof is valid for every value of it.",
        "Constrain the input in the circuit and make the key anew; if the circuit does, the key was altered.");

    /// <summary>Two inputs have equal or opposite IC points.</summary>
    public static Rule KeyInputsInterchangeable { get; } = Error(
        "key/inputs-interchangeable",
        "Two public inputs have equal or opposite IC points",
        "Only the sum or the difference of the two inputs counts: one proof is valid for all pairs that have it, swapped ones among them.",
        "Do not use the key: the IC points of an honest setup differ.");

    /// <summary>An IC point equals that of the constant.</summary>
    public static Rule KeyConstantRepeated { get; } = Warning(
        "key/constant-repeated",
        "The IC point of an input equals, but for its sign, that of the constant",
        "The input's point says nothing that the constant's does not. An honest setup has this with a negligible chance.",
        "Ask the maker of the key how it came about; verify its transcript.");

    /// <summary>γ is not the generator, in a file that says so as iden3's tools do.</summary>
    public static Rule KeyGammaNotGenerator { get; } = Note(
        "key/gamma-not-generator",
        "γ is not the generator",
        "Keys of snarkjs and zkps have γ = 1, others a random one. It is sound as long as nobody knows γ's secret, and no tool can verify that here.",
        "If the key is said to come from a .zkey, export it anew and compare.");

    /// <summary>vk_alphabeta_12 is another element than e(α, β).</summary>
    public static Rule VkAlphaBetaWrong { get; } = Error(
        "vk/alphabeta-wrong",
        "vk_alphabeta_12 is not the pairing of α and β",
        "A verifier that trusts the member instead of computing it judges by another key: who chose the value can make false proofs pass there.",
        "Export the key anew (zkps setup zkey export-vk).");

    /// <summary>vk_alphabeta_12 cannot be read.</summary>
    public static Rule VkAlphaBetaMalformed { get; } = Warning(
        "vk/alphabeta-malformed",
        "vk_alphabeta_12 is not an element of Fp12",
        "Programs that read the member fail or judge by something else; those that ignore it do not notice.",
        "Export the key anew (zkps setup zkey export-vk).");

    /// <summary>nPublic and IC contradict each other.</summary>
    public static Rule VkInputCount { get; } = Error(
        "vk/input-count",
        "nPublic is not the number of IC points less one",
        "Programs that go by one and programs that go by the other take statements of different length: inputs are left out of the sum.",
        "Export the key anew (zkps setup zkey export-vk).");

    /// <summary>A member that no known writer has.</summary>
    public static Rule VkUnknownMember { get; } = Note(
        "vk/unknown-member",
        "A member that verification keys of snarkjs and zkps do not have",
        "It is ignored here; what other programs make of it is not known.",
        "Find out which program wrote it.");

    /// <summary>A .zkey without contributions.</summary>
    public static Rule ZkeyNoContributions { get; } = Error(
        "zkey/no-contributions",
        "No one has contributed to the key",
        "Either δ is public, and anyone forges proofs, or a single party chose it without a record, and that party can.",
        "Run a ceremony: zkps setup zkey contribute, or zkps ceremony serve.");

    /// <summary>The record of contributions is false.</summary>
    public static Rule ZkeyRecordFalse { get; } = Error(
        "zkey/record-false",
        "The record of contributions is false",
        "The record does not show what it claims: contributors may have been made up, replayed or cancelled, and δ may be known to one party.",
        "Do not use the key. Ask whoever ran its ceremony for the one that its contributors have seen.");

    /// <summary>A beacon of too many iterations.</summary>
    public static Rule ZkeyBeaconNotRepeated { get; } = Warning(
        "zkey/beacon-not-repeated",
        "A beacon has more iterations than are repeated here",
        "Whether it follows from its value, and all of the record from it on, was not checked: a contributor may have named a beacon and used a secret of their own.",
        "Verify the whole transcript, which repeats them however long it takes: --r1cs FILE --ptau FILE.");

    /// <summary>δ is not the last contribution's.</summary>
    public static Rule ZkeyDeltaNotOfRecord { get; } = Error(
        "zkey/delta-not-of-record",
        "δ of the key is not δ after the last contribution",
        "The record of honest contributors decorates another δ, of a scalar that whoever altered the key knows: they can forge proofs.",
        "Do not use the key. Ask whoever ran its ceremony for the one that its contributors have seen.");

    /// <summary>β or δ differ between the groups.</summary>
    public static Rule ZkeyGroupsDisagree { get; } = Error(
        "zkey/groups-disagree",
        "β or δ is another scalar in G1 than in G2",
        "Proofs made with the key are false, or the part that verifiers use was exchanged for one whose secret somebody knows.",
        "Do not use the key; fetch it again.");

    /// <summary>B1 and B2 differ.</summary>
    public static Rule ZkeyBDisagrees { get; } = Error(
        "zkey/b1-b2-disagree",
        "A point of B1 is another multiple of the generator than that of B2",
        "Proofs made with the key are false for witnesses that use the wire, which tells others something of the witness.",
        "Do not use the key; fetch it again.");

    /// <summary>γ is not the generator in a .zkey.</summary>
    public static Rule ZkeyGammaNotGenerator { get; } = Error(
        "zkey/gamma-not-generator",
        "γ of the key is not the generator",
        "A .zkey has γ = 1; another one was put there, by somebody who may know its secret and forge proofs with it.",
        "Do not use the key. Ask whoever ran its ceremony for the one that its contributors have seen.");

    /// <summary>The point of A of a public wire is infinity.</summary>
    public static Rule ZkeyInputUnbound { get; } = Error(
        "zkey/input-unbound",
        "The point of A of a public wire is infinity",
        "The row that keeps each public input in the statement is missing: where the circuit does not use the input either, one proof is valid for every value of it.",
        "Make the key anew from the circuit; verify it with --r1cs and --ptau.");

    /// <summary>One contribution alone.</summary>
    public static Rule ZkeyOneContribution { get; } = Warning(
        "zkey/one-contribution",
        "There is a single contribution",
        "Whoever made it can forge proofs unless they forgot their secret, and everyone has to believe that.",
        "Have further people contribute, who do not all trust each other.");

    /// <summary>No beacon at the end.</summary>
    public static Rule ZkeyNoBeacon { get; } = Note(
        "zkey/no-beacon",
        "The last contribution is not a beacon",
        "The last contributor could try secrets until the key had some property that they like. Groth16's setup is proved sound without a beacon all the same (ePrint 2021/219).",
        "End the ceremony by a public value that was announced before it was known: zkps setup zkey beacon.");

    /// <summary>Two contributions with one name.</summary>
    public static Rule ZkeySameName { get; } = Note(
        "zkey/same-name",
        "Two contributions have the same name",
        "They may be one person's. The ceremony is as strong as the number of people in it who are independent.",
        "Compare the hashes with what the contributors published.");

    /// <summary>A section that the format does not have.</summary>
    public static Rule ZkeyUnknownSection { get; } = Warning(
        "zkey/unknown-section",
        "A section that Groth16 keys do not have",
        "It is ignored here; another program may read it, and two people may have the same key in two files.",
        "Find out which program wrote it.");

    /// <summary>The transcript was verified and is false.</summary>
    public static Rule ZkeyTranscriptFalse { get; } = Error(
        "zkey/transcript-false",
        "The key does not follow from the circuit, the powers of tau and its contributions",
        "The key is for another circuit, or points were put there by somebody who may know relations between them.",
        "Do not use the key. Check that circuit and powers of tau are those of its ceremony.");

    /// <summary>The transcript was not verified.</summary>
    public static Rule ZkeyNotVerified { get; } = Note(
        "zkey/not-verified",
        "Whether the key belongs to a circuit and to honest powers of tau was not checked",
        "The record of contributions alone does not show that the points are those of the circuit.",
        "Give the circuit and the powers of tau: --r1cs FILE --ptau FILE.");

    /// <summary>A .ptau without contributions.</summary>
    public static Rule PtauNoContributions { get; } = Error(
        "ptau/no-contributions",
        "No one has contributed to the powers of tau",
        "Whoever wrote the file knows τ, α and β, and can forge proofs under every key that is made from it. Without contributions they are mostly 1.",
        "Take the powers of tau of a public ceremony, or contribute: zkps setup ptau contribute.");

    /// <summary>The transcript of phase 1 is false.</summary>
    public static Rule PtauTranscriptFalse { get; } = Error(
        "ptau/transcript-false",
        "The transcript of the powers of tau is false",
        "The points are not powers of secrets that the contributors made together: somebody may know them, or proofs under keys made from them reveal something.",
        "Do not use the file; fetch it again and compare its hash with the one that the ceremony published.");

    /// <summary>One contribution alone.</summary>
    public static Rule PtauOneContribution { get; } = Warning(
        "ptau/one-contribution",
        "There is a single contribution",
        "Whoever made it knows τ, α and β unless they forgot them, and can then forge proofs under every key made from the file.",
        "Take the powers of tau of a ceremony with many contributors.");

    /// <summary>No beacon at the end.</summary>
    public static Rule PtauNoBeacon { get; } = Note(
        "ptau/no-beacon",
        "The last contribution is not a beacon",
        "The last contributor could try secrets until the powers had some property that they like. Groth16's setup is proved sound without a beacon all the same (ePrint 2021/219).",
        "End the ceremony by a public value that was announced before it was known: zkps setup ptau beacon.");

    /// <summary>A reduced file.</summary>
    public static Rule PtauReduced { get; } = Note(
        "ptau/reduced",
        "The file was cut from that of a larger ceremony",
        "The last contribution's hashes cannot be compared with its points, since most are gone. The powers are shown to be true all the same; nobody can contribute any more.",
        "Who wants to compare hashes takes the whole file.");

    /// <summary>No Lagrange bases.</summary>
    public static Rule PtauNotPrepared { get; } = Note(
        "ptau/not-prepared",
        "The file is not prepared for phase 2",
        "No key can be made from it yet.",
        "When all have contributed: zkps setup ptau prepare.");

    /// <summary>A section that the format does not have.</summary>
    public static Rule PtauUnknownSection { get; } = Warning(
        "ptau/unknown-section",
        "A section that powers of tau do not have",
        "It is ignored here; another program may read it.",
        "Find out which program wrote it.");

    /// <summary>A public signal in no constraint.</summary>
    public static Rule CircuitPublicUnconstrained { get; } = Error(
        "r1cs/public-unconstrained",
        "No constraint says anything of a public input or output",
        "A prover puts any value there: a public output is not computed by the circuit, and a public input is tied to nothing that is proved.",
        "Constrain the signal. An input that is there to be bound and not to be used, such as a recipient, is commonly squared into a wire of its own.");

    /// <summary>A public signal that a free private wire absorbs.</summary>
    public static Rule CircuitPublicAbsorbed { get; } = Warning(
        "r1cs/public-absorbed",
        "A public input or output occurs only in constraints that private wires can always satisfy",
        "Whatever its value, a prover finds private wires that make these constraints true: in effect nothing constrains it.",
        "Right where the input is there to be bound and not to be used; else constrain the wires that are computed from it.");

    /// <summary>A private input in no constraint.</summary>
    public static Rule CircuitPrivateInputUnconstrained { get; } = Warning(
        "r1cs/private-input-unconstrained",
        "A private input is in no constraint",
        "The circuit does not look at it: what it was meant to prove of it is not proved.",
        "Constrain it or leave it out.");

    /// <summary>A wire in no constraint.</summary>
    public static Rule CircuitWireUnconstrained { get; } = Warning(
        "r1cs/wire-unconstrained",
        "A wire is in no constraint",
        "Dead weight, or a forgotten constraint on a value that the witness computes: a prover may put anything there.",
        "Constrain it (in circom, <== and not <--) or leave it out.");

    /// <summary>A wire that can always make its only constraint true.</summary>
    public static Rule CircuitFreeWire { get; } = Warning(
        "r1cs/free-wire",
        "A private wire is in one constraint only and can always be chosen to make it true",
        "The constraint says nothing of the other wires in it: if it was meant to, that is not proved.",
        "Use the wire in a further constraint, or leave both out.");

    /// <summary>Terms that are multiplied by zero.</summary>
    public static Rule CircuitIneffectiveTerms { get; } = Warning(
        "r1cs/multiplied-by-zero",
        "A constraint multiplies wires by zero",
        "The wires seem to be constrained here and are not.",
        "Look for the factor that became zero, such as a template's parameter.");

    /// <summary>A constraint that holds for no witness.</summary>
    public static Rule CircuitUnsatisfiable { get; } = Error(
        "r1cs/unsatisfiable",
        "A constraint holds for no witness",
        "Nothing can ever be proved with the circuit.",
        "Look for constants that contradict each other, such as a template's parameters.");

    /// <summary>A constraint that always holds.</summary>
    public static Rule CircuitTrivial { get; } = Note(
        "r1cs/trivial",
        "A constraint always holds",
        "It says nothing and costs as much as one that does; perhaps it was meant to say something.",
        "Leave it out, or find what it was to say.");

    /// <summary>A constraint twice.</summary>
    public static Rule CircuitDuplicate { get; } = Note(
        "r1cs/duplicate",
        "A constraint repeats an earlier one",
        "It is paid for twice; perhaps one of them was meant to name other wires.",
        "Leave one out.");

    /// <summary>A constraint twice but for a factor or the order of its factors.</summary>
    public static Rule CircuitScaledDuplicate { get; } = Note(
        "r1cs/scaled-duplicate",
        "A constraint is a multiple of an earlier one, or has its factors swapped",
        "It is paid for twice; perhaps one of them was meant to name other wires.",
        "Leave one out.");

    /// <summary>No public signals.</summary>
    public static Rule CircuitNoPublic { get; } = Note(
        "r1cs/no-public",
        "The circuit has no public inputs or outputs",
        "A proof says that somebody knows some witness, and not of what: whoever has one proof can show it again.",
        "Make public what the statement is about.");

    /// <summary>An input of a contract without a range check.</summary>
    public static Rule SolidityUncheckedInput { get; } = Error(
        "sol/unchecked-input",
        "A public input is not required to be below r",
        "x, x + r, x + 2r are several calls for one statement, and the precompile takes them all: who spends by a nullifier spends it again with another spelling.",
        "Require every input to be below r, or export the contract anew.");

    /// <summary>An input of a contract is compared with q.</summary>
    public static Rule SolidityBaseFieldCheck { get; } = Error(
        "sol/checked-against-base-field",
        "A public input is compared with the modulus of the base field instead of r",
        "r is below q, so that small inputs have a second spelling, x + r, that passes: who spends by a nullifier spends it again.",
        "Compare with r, or export the contract anew.");

    /// <summary>r or q of a contract is another number.</summary>
    public static Rule SolidityWrongModulus { get; } = Error(
        "sol/wrong-modulus",
        "A modulus of the contract is not that of the curve",
        "Checks and negations by it are wrong: inputs have several spellings, or honest proofs are refused.",
        "Export the contract anew.");

    /// <summary>A contract takes another number of inputs than its key has.</summary>
    public static Rule SolidityInputCount { get; } = Error(
        "sol/input-count",
        "The contract takes another number of inputs than its key has",
        "Inputs beyond those of the key are not looked at, and say nothing of what is proved; where there are too few, zeros or other data take their place.",
        "Export the contract anew.");

    /// <summary>An input of a contract is not multiplied in.</summary>
    public static Rule SolidityInputUnused { get; } = Error(
        "sol/input-unused",
        "A public input is never multiplied into the sum",
        "One proof is valid for every value of the input.",
        "Export the contract anew.");

    /// <summary>A contract does not check a length.</summary>
    public static Rule SolidityLengthUnchecked { get; } = Error(
        "sol/length-unchecked",
        "The length of an argument is not checked",
        "With fewer inputs than the key has, the missing ones count as zero; bytes beyond those that are read are a second spelling of the same call.",
        "Require the exact length, or export the contract anew.");

    /// <summary>The success of a call to a precompile is ignored.</summary>
    public static Rule SolidityCallUnchecked { get; } = Error(
        "sol/call-unchecked",
        "The success of a call to a precompile is not checked",
        "A call fails on points off the curve, and leaves in memory what was there: the contract goes on with values that the caller may choose.",
        "Refuse where the call fails, or export the contract anew.");

    /// <summary>The pairing's result is ignored.</summary>
    public static Rule SolidityPairingUnchecked { get; } = Error(
        "sol/pairing-unchecked",
        "The contract does not answer by the word that the pairing's precompile returns",
        "The call succeeds for every well-formed proof, true or false; the word alone tells which.",
        "Return false unless the word is 1, or export the contract anew.");

    /// <summary>A precompile's address is another.</summary>
    public static Rule SolidityWrongPrecompile { get; } = Error(
        "sol/wrong-precompile",
        "A precompile is not called where it is expected",
        "A call to an address without code succeeds and computes nothing.",
        "Export the contract anew.");

    /// <summary>IC points in another order than the inputs.</summary>
    public static Rule SolidityIcOrder { get; } = Error(
        "sol/ic-order",
        "IC points do not go one by one with the inputs",
        "A point that is used twice makes two inputs interchangeable, and one that is left out an input free.",
        "Export the contract anew.");

    /// <summary>A constant of the key does not reach its place in the pairing.</summary>
    public static Rule SolidityPairingInput { get; } = Error(
        "sol/pairing-input",
        "A point does not reach its place in the pairing's input",
        "The contract decides another equation than that of its key, which may be one that anyone can satisfy.",
        "Export the contract anew.");

    /// <summary>A local name is that of a constant.</summary>
    public static Rule SolidityShadowedConstant { get; } = Error(
        "sol/shadowed-constant",
        "A local name hides a constant of the contract",
        "What reads like a comparison with a modulus or a point of the key is one with something else.",
        "Export the contract anew.");

    /// <summary>The two points of a commitment's key are related.</summary>
    public static Rule SolidityCommitmentKey { get; } = Error(
        "sol/commitment-key",
        "A point of the commitments' key is infinity or a small multiple of the other",
        "The proof of knowledge of a commitment then shows nothing: whatever point is sent passes for a commitment.",
        "Do not use the key. Take one from a ceremony that you can verify.");

    /// <summary>A contract that is not, but for its key, what an exporter writes.</summary>
    public static Rule SolidityOtherCode { get; } = Warning(
        "sol/other-code",
        "A contract differs from those that its exporter is known to write",
        "What was added or changed was not judged; it may answer without the pairing.",
        "Export the contract anew by a version that is known, or read what differs as code of your own.");

    /// <summary>A contract that is no verifier of a known shape, beside one that is.</summary>
    public static Rule SolidityNotJudged { get; } = Note(
        "sol/not-judged",
        "The file has a contract that is no verifier of a known shape",
        "What it does was not judged, nor whether it minds the verifier's answer.",
        "Read it as code of your own; lint the verifier alone to be rid of the note.");

    /// <summary>All rules, in the order of the documentation.</summary>
    public static IReadOnlyList<Rule> All => Defined;

    /// <summary>Finds a rule by its name.</summary>
    /// <param name="id">Such as <c>key/gamma-equals-delta</c>.</param>
    /// <returns>The rule, or null where there is none of that name.</returns>
    public static Rule? Find(string id) => Defined.Find(rule => rule.Id == id);

    private static Rule Error(string id, string title, string explanation, string remedy) => Define(new(id, Severity.Error, title, explanation, remedy));

    private static Rule Warning(string id, string title, string explanation, string remedy) => Define(new(id, Severity.Warning, title, explanation, remedy));

    private static Rule Note(string id, string title, string explanation, string remedy) => Define(new(id, Severity.Note, title, explanation, remedy));

    private static Rule Define(Rule rule)
    {
        Defined.Add(rule);
        return rule;
    }
}
