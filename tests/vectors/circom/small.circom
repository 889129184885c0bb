pragma circom 2.0.0;
template Small(n) {
    signal input a;
    signal input b[n];
    signal output c;
    signal s[n+1];
    s[0] <== a;
    for (var i=0;i<n;i++) { s[i+1] <== s[i]*b[i] + i; }
    signal d;
    d <== s[n] + 3*a;
    c <== d*d;
}
component main {public [a]} = Small(3);
