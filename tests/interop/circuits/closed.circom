// A circuit without public inputs or outputs: the prover knows the four bits of a number that has three ones.
pragma circom 2.0.0;

template Closed() {
    signal input bits[4];
    signal product;
    for (var i = 0; i < 4; i++) {
        bits[i] * (bits[i] - 1) === 0;
    }
    product <== (bits[0] + bits[1]) * (bits[2] + bits[3]);
    product === 2;
}

component main = Closed();
