// As multiplication-chain-12: few enough for a whole ceremony of snarkjs.
pragma circom 2.0.0;

include "squarings.circom";

component main = Squarings(12);
