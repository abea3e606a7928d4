#define _GNU_SOURCE
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include "COpenCL.h"
#include "FaultyOpenCL.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
#define POSITION(name) position_##name,
  EPADS_OPENCL_FUNCTIONS(POSITION)
#undef POSITION
  function_count
};

static struct {
  _Atomic long calls, first, last;
  _Atomic int status;
} state[function_count];

static _Atomic long live;
static const epads_opencl_functions *real;
static cl_device_type pretended_type;

static long position_of(const char *function) {
  for (long i = 0; i < function_count; i++)
    if (!strcmp(epads_opencl_function_name(i), function)) return i;
  return -1;
}

int faulty_opencl_fail(const char *function, long first, long last, int status) {
  long position = position_of(function);
  if (position < 0) return 0;
  long made = state[position].calls;
  state[position].status = status;
  state[position].first = made + first;
  state[position].last = last > LONG_MAX - made ? LONG_MAX : made + last;
  return 1;
}

void faulty_opencl_reset(void) {
  for (long i = 0; i < function_count; i++) {
    state[i].first = state[i].last = 0;
    state[i].calls = 0;
  }
}

long faulty_opencl_calls(const char *function) {
  long position = position_of(function);
  return position < 0 ? -1 : state[position].calls;
}

long faulty_opencl_live(void) { return live; }

__attribute__((constructor)) static void prepare(void) {
  const char *target = getenv("EPADS_FAULTY_TARGET");
  epads_opencl_failure failure;
  real = epads_opencl_load(target && *target ? target : "libOpenCL.so.1", &failure);
  if (!real) fprintf(stderr, "FaultyOpenCL: %s\n", failure.message);

  const char *type = getenv("EPADS_FAULTY_DEVICE_TYPE");
  if (type && !strcmp(type, "gpu")) pretended_type = CL_DEVICE_TYPE_GPU;
  if (type && !strcmp(type, "cpu")) pretended_type = CL_DEVICE_TYPE_CPU;
  if (type && !strcmp(type, "accelerator")) pretended_type = CL_DEVICE_TYPE_ACCELERATOR;

  const char *faults = getenv("EPADS_FAULTS");
  char *copy = strdup(faults ? faults : "");
  char *rest = copy;
  for (char *fault; copy && (fault = strsep(&rest, ","));) {
    char name[64], more = 0;
    long first;
    int status;
    if (!*fault) continue;
    int plain = sscanf(fault, "%63[^:]:%ld:%d", name, &first, &status) == 3;
    int open = !plain && sscanf(fault, "%63[^:]:%ld%c:%d", name, &first, &more, &status) == 4 && more == '+';
    if (!(plain || open) || !faulty_opencl_fail(name, first, open ? LONG_MAX : first, status))
      fprintf(stderr, "FaultyOpenCL: no fault: %s\n", fault);
  }
  free(copy);
}

/// Counts a call; gives the status that it fails with, or CL_SUCCESS.
static int fault(long position) {
  if (!real) return CL_PLATFORM_NOT_FOUND_KHR;
  long call = ++state[position].calls;
  return call >= state[position].first && call <= state[position].last ? state[position].status : CL_SUCCESS;
}

#define HAND_ON(name, parameters, arguments) \
  cl_int CL_API_CALL name parameters { \
    int status = fault(position_##name); \
    return status ? status : real->name arguments; \
  }

#define CREATE(type, name, parameters, arguments) \
  type CL_API_CALL name parameters { \
    cl_int status = fault(position_##name); \
    type handle = NULL; \
    if (!status) { \
      handle = real->name arguments; \
      live += handle != NULL; \
    } \
    if (result) *result = status; \
    return handle; \
  }

/// Releases even where it says that it failed.
#define RELEASE(name, type) \
  cl_int CL_API_CALL name(type handle) { \
    int status = fault(position_##name); \
    if (!real) return status; \
    cl_int real_status = real->name(handle); \
    live -= real_status == CL_SUCCESS; \
    return status ? status : real_status; \
  }

HAND_ON(clGetPlatformIDs, (cl_uint n, cl_platform_id *ids, cl_uint *count), (n, ids, count))
HAND_ON(
    clGetPlatformInfo, (cl_platform_id id, cl_platform_info name, size_t size, void *value, size_t *needed),
    (id, name, size, value, needed))
HAND_ON(
    clGetDeviceIDs, (cl_platform_id id, cl_device_type type, cl_uint n, cl_device_id *ids, cl_uint *count),
    (id, type, n, ids, count))

cl_int CL_API_CALL
clGetDeviceInfo(cl_device_id id, cl_device_info name, size_t size, void *value, size_t *needed) {
  int status = fault(position_clGetDeviceInfo);
  if (status) return status;
  status = real->clGetDeviceInfo(id, name, size, value, needed);
  if (!status && name == CL_DEVICE_TYPE && pretended_type && value && size >= sizeof pretended_type)
    memcpy(value, &pretended_type, sizeof pretended_type);
  return status;
}

CREATE(
    cl_context, clCreateContext,
    (const cl_context_properties *properties, cl_uint n, const cl_device_id *ids,
     void(CL_CALLBACK *notify)(const char *, const void *, size_t, void *), void *data, cl_int *result),
    (properties, n, ids, notify, data, &status))
RELEASE(clReleaseContext, cl_context)
CREATE(
    cl_command_queue, clCreateCommandQueue,
    (cl_context context, cl_device_id id, cl_command_queue_properties properties, cl_int *result),
    (context, id, properties, &status))
RELEASE(clReleaseCommandQueue, cl_command_queue)
CREATE(
    cl_mem, clCreateBuffer, (cl_context context, cl_mem_flags flags, size_t size, void *host, cl_int *result),
    (context, flags, size, host, &status))
RELEASE(clReleaseMemObject, cl_mem)
CREATE(
    cl_program, clCreateProgramWithSource,
    (cl_context context, cl_uint n, const char **texts, const size_t *lengths, cl_int *result),
    (context, n, texts, lengths, &status))
CREATE(
    cl_program, clCreateProgramWithBinary,
    (cl_context context, cl_uint n, const cl_device_id *ids, const size_t *lengths, const unsigned char **binaries,
     cl_int *binary_status, cl_int *result),
    (context, n, ids, lengths, binaries, binary_status, &status))
HAND_ON(
    clBuildProgram,
    (cl_program program, cl_uint n, const cl_device_id *ids, const char *options,
     void(CL_CALLBACK *notify)(cl_program, void *), void *data),
    (program, n, ids, options, notify, data))
HAND_ON(
    clGetProgramInfo, (cl_program program, cl_program_info name, size_t size, void *value, size_t *needed),
    (program, name, size, value, needed))
HAND_ON(
    clGetProgramBuildInfo,
    (cl_program program, cl_device_id id, cl_program_build_info name, size_t size, void *value, size_t *needed),
    (program, id, name, size, value, needed))
RELEASE(clReleaseProgram, cl_program)
CREATE(cl_kernel, clCreateKernel, (cl_program program, const char *name, cl_int *result), (program, name, &status))
HAND_ON(
    clGetKernelWorkGroupInfo,
    (cl_kernel kernel, cl_device_id id, cl_kernel_work_group_info name, size_t size, void *value, size_t *needed),
    (kernel, id, name, size, value, needed))
HAND_ON(
    clSetKernelArg, (cl_kernel kernel, cl_uint index, size_t size, const void *value), (kernel, index, size, value))
RELEASE(clReleaseKernel, cl_kernel)

/// Counts the event that a command gives, where the caller wants one.
static cl_int command(cl_int status, cl_event *event) {
  live += status == CL_SUCCESS && event && *event;
  return status;
}

#define ENQUEUE(name, parameters, arguments) \
  cl_int CL_API_CALL name parameters { \
    int status = fault(position_##name); \
    return status ? status : command(real->name arguments, event); \
  }

ENQUEUE(
    clEnqueueWriteBuffer,
    (cl_command_queue queue, cl_mem memory, cl_bool wait, size_t offset, size_t size, const void *source, cl_uint n,
     const cl_event *events, cl_event *event),
    (queue, memory, wait, offset, size, source, n, events, event))
ENQUEUE(
    clEnqueueReadBuffer,
    (cl_command_queue queue, cl_mem memory, cl_bool wait, size_t offset, size_t size, void *target, cl_uint n,
     const cl_event *events, cl_event *event),
    (queue, memory, wait, offset, size, target, n, events, event))
ENQUEUE(
    clEnqueueFillBuffer,
    (cl_command_queue queue, cl_mem memory, const void *pattern, size_t length, size_t offset, size_t size, cl_uint n,
     const cl_event *events, cl_event *event),
    (queue, memory, pattern, length, offset, size, n, events, event))
ENQUEUE(
    clEnqueueCopyBuffer,
    (cl_command_queue queue, cl_mem source, cl_mem target, size_t from, size_t to, size_t size, cl_uint n,
     const cl_event *events, cl_event *event),
    (queue, source, target, from, to, size, n, events, event))
ENQUEUE(
    clEnqueueNDRangeKernel,
    (cl_command_queue queue, cl_kernel kernel, cl_uint dimensions, const size_t *offset, const size_t *global,
     const size_t *local, cl_uint n, const cl_event *events, cl_event *event),
    (queue, kernel, dimensions, offset, global, local, n, events, event))
HAND_ON(clFlush, (cl_command_queue queue), (queue))
HAND_ON(clFinish, (cl_command_queue queue), (queue))
HAND_ON(clWaitForEvents, (cl_uint n, const cl_event *events), (n, events))
HAND_ON(
    clGetEventProfilingInfo, (cl_event event, cl_profiling_info name, size_t size, void *value, size_t *needed),
    (event, name, size, value, needed))
RELEASE(clReleaseEvent, cl_event)
