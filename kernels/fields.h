// Owns: the two fields of the curve that a program is built for: types fp and fr. CURVE is 1 for BLS12-381, 2 for BN254.
#pragma once
// Before any condition: hosts put a file in the place of the first line that includes it.
#include "prelude.h"
#if CURVE == 1
#include "constants-bls12-381.h"
#else
#include "constants-bn254.h"
#endif

#define FIELD fr
#define FIELD_LIMBS FR_LIMBS
#define FIELD_BITS FR_BITS
#define FIELD_NEG_INVERSE FR_NEG_INVERSE
#include "field.h"

#define FIELD fp
#define FIELD_LIMBS FP_LIMBS
#define FIELD_BITS FP_BITS
#define FIELD_NEG_INVERSE FP_NEG_INVERSE
#include "field.h"
