#ifndef EPADS_C_OPENCL_H
#define EPADS_C_OPENCL_H

// The functions of OpenCL 1.2 that the OpenCL backend calls, looked up when the program runs: the same binary starts
// where there is no libOpenCL.so.1.

// The system's headers where they are installed (package opencl-headers), else the same declarations from here.
#if __has_include(<CL/cl.h>) && __has_include(<CL/cl_ext.h>)
#ifndef CL_TARGET_OPENCL_VERSION
#define CL_TARGET_OPENCL_VERSION 120
#endif
#include <CL/cl.h>
#include <CL/cl_ext.h>
#else
#include "../OpenCLDeclarations.h"
#endif

/// Every function that is called, by name.
#define EPADS_OPENCL_FUNCTIONS(X) \
  X(clGetPlatformIDs) \
  X(clGetPlatformInfo) \
  X(clGetDeviceIDs) \
  X(clGetDeviceInfo) \
  X(clCreateContext) \
  X(clReleaseContext) \
  X(clCreateCommandQueue) \
  X(clReleaseCommandQueue) \
  X(clCreateBuffer) \
  X(clReleaseMemObject) \
  X(clCreateProgramWithSource) \
  X(clCreateProgramWithBinary) \
  X(clBuildProgram) \
  X(clGetProgramInfo) \
  X(clGetProgramBuildInfo) \
  X(clReleaseProgram) \
  X(clCreateKernel) \
  X(clGetKernelWorkGroupInfo) \
  X(clSetKernelArg) \
  X(clReleaseKernel) \
  X(clEnqueueWriteBuffer) \
  X(clEnqueueReadBuffer) \
  X(clEnqueueFillBuffer) \
  X(clEnqueueCopyBuffer) \
  X(clEnqueueNDRangeKernel) \
  X(clFlush) \
  X(clFinish) \
  X(clWaitForEvents) \
  X(clGetEventProfilingInfo) \
  X(clReleaseEvent)

/// The functions themselves, typed as the headers declare them.
typedef struct epads_opencl_functions {
#define EPADS_OPENCL_MEMBER(name) __typeof__(&name) _Nonnull name;
  EPADS_OPENCL_FUNCTIONS(EPADS_OPENCL_MEMBER)
#undef EPADS_OPENCL_MEMBER
} epads_opencl_functions;

/// Why `epads_opencl_load` gave nothing.
typedef struct epads_opencl_failure {
  /// What the dynamic linker says.
  char message[512];
  /// The first function that the library lacks; null where the library itself could not be opened.
  const char *_Nullable missing;
} epads_opencl_failure;

/// Opens a library and looks up every function. The table is for the caller to `free`; the library stays open, because
/// drivers do not survive being unloaded.
epads_opencl_functions *_Nullable epads_opencl_load(const char *_Nonnull path, epads_opencl_failure *_Nonnull failure);

/// The names in the table, in order; null after the last.
const char *_Nullable epads_opencl_function_name(long position);

/// The name of an error code, such as CL_INVALID_BUFFER_SIZE; null for one that the headers do not know.
const char *_Nullable epads_opencl_status_name(int status);

#endif
