// As multiplication-chain: 2^12 squarings.
pragma circom 2.0.0;

include "squarings.circom";

component main = Squarings(4096);
