#ifndef EPADS_FAULTY_OPENCL_H
#define EPADS_FAULTY_OPENCL_H

// A libOpenCL.so.1 that hands every call on to the real one, counts them, and fails those that it is told to. For
// EPADS_OPENCL_LIBRARY and OpenCLLibrary(path:).
//
// From the environment, read when the library is loaded:
//
//   EPADS_FAULTS              faults, with commas between them: FUNCTION:N:STATUS fails the N-th call of a function,
//                             FUNCTION:N+:STATUS the N-th and all that follow: clFinish:2:-5,clCreateBuffer:1+:-4
//   EPADS_FAULTY_DEVICE_TYPE  gpu, cpu or accelerator: what every device says it is
//   EPADS_FAULTY_TARGET       the real library, if it is not libOpenCL.so.1
//
// From a test, through dlsym:

/// Fails calls `first` to `last` of a function with a status; the next call is number 1. Returns 0 for an unknown name.
int faulty_opencl_fail(const char *function, long first, long last, int status);

/// Forgets every fault and every count of calls; handles stay counted.
void faulty_opencl_reset(void);

/// Calls of a function since the last reset; -1 for an unknown name.
long faulty_opencl_calls(const char *function);

/// Handles created and not released: all of them, since the library was loaded.
long faulty_opencl_live(void);

#endif
