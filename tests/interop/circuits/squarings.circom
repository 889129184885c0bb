// A chain of squarings with a public end: the circuit multiplication-chain of this repository, for circom.
pragma circom 2.0.0;

template Squarings(n) {
    signal input start;
    signal output end;
    signal x[n + 1];
    x[0] <== start;
    for (var i = 0; i < n; i++) {
        x[i + 1] <== x[i] * x[i] + i;
    }
    end <== x[n];
}
