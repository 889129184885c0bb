pragma circom 2.0.0;
template L() { signal input a; signal input b; signal input c; signal input d; signal output o; signal output p; o <== a+b+c; p <== a*2; }
component main = L();
