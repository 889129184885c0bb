pragma circom 2.0.0;
template Bits(n) {
    signal input x;
    signal input y;
    signal output low;
    signal output same;
    signal b[n];
    var sum = 0;
    for (var i=0;i<n;i++) { b[i] <-- (x >> i) & 1; b[i]*(b[i]-1) === 0; sum += b[i]*(2**i); }
    sum === x;
    low <== b[0];
    signal inv;
    inv <-- x!=y ? 1/(x-y) : 0;
    same <== 1 - (x-y)*inv;
    (x-y)*same === 0;
}
component main {public [y]} = Bits(8);
