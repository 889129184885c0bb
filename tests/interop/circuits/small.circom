// A short chain, for a whole ceremony of snarkjs.
pragma circom 2.0.0;

template Chain(n) {
    signal input start;
    signal output end;
    signal x[n + 1];
    x[0] <== start;
    for (var i = 0; i < n; i++) {
        x[i + 1] <== x[i] * x[i] + i;
    }
    end <== x[n];
}

component main = Chain(12);
