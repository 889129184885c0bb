// Eight public inputs, two public outputs: their sum and their product.
pragma circom 2.0.0;

template Many(n) {
    signal input values[n];
    signal output sum;
    signal output product;
    signal products[n];
    var total = 0;
    products[0] <== values[0] * 1;
    for (var i = 0; i < n; i++) {
        total += values[i];
        if (i > 0) {
            products[i] <== products[i - 1] * values[i];
        }
    }
    sum <== total;
    product <== products[n - 1];
}

component main { public [values] } = Many(8);
