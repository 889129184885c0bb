// Owns: sppark's MSM as the other program of `zkps bench beside`: reads points and scalars, keeps the points on the device,
// and computes the sum whenever a line arrives. Protocol: src/ProvingService.Cli/Bench/PeerProcess.cs. Compiled with sppark's
// and blst's sources beside it, by bench/gpu/run.sh; neither is part of this repository.
#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include <cuda.h>
#if defined(FEATURE_BLS12_381)
#include <ff/bls12-381.hpp>
#elif defined(FEATURE_BN254)
#include <ff/alt_bn128.hpp>
#endif
#include <ec/jacobian_t.hpp>
#include <ec/xyzz_t.hpp>

typedef jacobian_t<fp_t> point_t;
typedef xyzz_t<fp_t> bucket_t;
typedef bucket_t::affine_t affine_t;
typedef fr_t scalar_t;

#include <msm/pippenger.cuh>

#ifndef __CUDA_ARCH__

static_assert(sizeof(point_t) == 3 * sizeof(fp_t), "a Jacobian point is its three coordinates");

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? std::fopen(argv[1], "rb") : nullptr;
    unsigned long long count;
    if (file == nullptr || std::fread(&count, sizeof(count), 1, file) != 1) {
        std::fprintf(stderr, "sppark-msm: the one argument is a file of points and scalars.\n");
        return 2;
    }

    std::vector<affine_t> points(count);
    std::vector<scalar_t> scalars(count);
    if (std::fread(points.data(), sizeof(affine_t), count, file) != count
        || std::fread(scalars.data(), sizeof(scalar_t), count, file) != count) {
        std::fprintf(stderr, "sppark-msm: the file is too short.\n");
        return 2;
    }

    std::fclose(file);
    msm_t<bucket_t, point_t, affine_t, scalar_t> msm(points.data(), count);
    std::cout << "ready" << std::endl;
    for (std::string line; std::getline(std::cin, line);) {
        point_t sum;
        auto start = std::chrono::steady_clock::now();

        // No points: those that lie on the device. Scalars are canonical integers, not in Montgomery form.
        const affine_t *loaded = nullptr;
        const scalar_t *from = scalars.data();
        RustError error = msm.invoke(sum, loaded, count, from, false);
        double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        if (error.code != 0) {
            std::fprintf(stderr, "sppark-msm: CUDA error %d.\n", (int)error.code);
            return 3;
        }

        std::printf("%.9f", seconds);
        const unsigned char *bytes = reinterpret_cast<const unsigned char *>(&sum);
        for (size_t i = 0; i < sizeof(sum); i++) {
            std::printf(i % sizeof(fp_t) == 0 ? " %02x" : "%02x", bytes[i]);
        }

        std::printf("\n");
        std::fflush(stdout);
    }

    return 0;
}

#endif
