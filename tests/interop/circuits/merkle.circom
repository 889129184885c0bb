// Membership in a binary Poseidon tree, as the circuit merkle-membership of this repository, on circomlib's Poseidon.
pragma circom 2.0.0;

include "circomlib/circuits/poseidon.circom";
include "circomlib/circuits/switcher.circom";

template Membership(depth) {
    signal input root;
    signal input leaf;
    signal input pathElements[depth];
    signal input pathIndices[depth];
    component hashes[depth];
    component switchers[depth];
    for (var i = 0; i < depth; i++) {
        pathIndices[i] * (pathIndices[i] - 1) === 0;
        switchers[i] = Switcher();
        switchers[i].sel <== pathIndices[i];
        switchers[i].L <== i == 0 ? leaf : hashes[i - 1].out;
        switchers[i].R <== pathElements[i];
        hashes[i] = Poseidon(2);
        hashes[i].inputs[0] <== switchers[i].outL;
        hashes[i].inputs[1] <== switchers[i].outR;
    }
    root === hashes[depth - 1].out;
}

component main { public [root] } = Membership(20);
