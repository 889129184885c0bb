// Owns: the two dialects: OpenCL C 1.2 (any device) and CUDA C++ (NVRTC, nvcc, clang). Every other file of this folder is
// written in the words defined here, and runs in both. Never: arithmetic.
#pragma once

#ifdef __OPENCL_C_VERSION__

typedef uint u32;
typedef ulong u64;

// A kernel whose groups have exactly `group` work-items.
#define KERNEL(group) __kernel __attribute__((reqd_work_group_size(group, 1, 1))) void
#define GLOBAL __global
// An array of a group in a kernel's outermost block; a pointer to such an array in a function's parameters.
#define LOCAL __local
#define LOCAL_POINTER __local
#define CONSTANT __constant
#define INLINE static inline
#define NOINLINE static __attribute__((noinline))
#define ALIGNED(bytes) __attribute__((aligned(bytes)))

#define group_index() ((u32)get_group_id(0))
#define group_count() ((u32)get_num_groups(0))
#define local_index() ((u32)get_local_id(0))
#define local_size() ((u32)get_local_size(0))
#define global_index() ((u32)get_global_id(0))
// All work-items of the group meet here; local memory is then consistent among them.
#define group_barrier() barrier(CLK_LOCAL_MEM_FENCE)

// Each returns the value before.
#define local_add(pointer, value) atomic_add(pointer, value)
#define global_add(pointer, value) atomic_add(pointer, value)
#define multiply_high(a, b) mul_hi((u32)(a), (u32)(b))

// NVIDIA's OpenCL compiler takes PTX as CUDA does.
#ifdef __NV_CL_C_VERSION
#define HAS_PTX 1
#endif

#else

typedef unsigned int u32;
typedef unsigned long long u64;

#define KERNEL(group) extern "C" __global__ void __launch_bounds__(group)
#define GLOBAL
#define LOCAL __shared__
#define LOCAL_POINTER
#define CONSTANT static __device__ const
#define INLINE static __device__ __forceinline__
#define NOINLINE static __device__ __noinline__
#define ALIGNED(bytes) __align__(bytes)

#define group_index() (blockIdx.x)
#define group_count() (gridDim.x)
#define local_index() (threadIdx.x)
#define local_size() (blockDim.x)
#define global_index() (blockIdx.x * blockDim.x + threadIdx.x)
#define group_barrier() __syncthreads()

#define local_add(pointer, value) atomicAdd(pointer, value)
#define global_add(pointer, value) atomicAdd(pointer, value)
#define multiply_high(a, b) __umulhi(a, b)

#define HAS_PTX 1

#endif

// Before a loop whose indices must be constants, so that arrays stay in registers.
#define UNROLL _Pragma("unroll")
