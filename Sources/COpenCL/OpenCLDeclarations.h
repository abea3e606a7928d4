#ifndef EPADS_OPENCL_DECLARATIONS_H
#define EPADS_OPENCL_DECLARATIONS_H

// The part of OpenCL 1.2 that COpenCL.h names, for machines without the package opencl-headers: values and signatures
// of the Khronos headers (Apache-2.0, https://github.com/KhronosGroup/OpenCL-Headers).

#include <stddef.h>
#include <stdint.h>

#define CL_API_CALL
#define CL_CALLBACK

typedef int32_t cl_int;
typedef uint32_t cl_uint;
typedef uint64_t cl_ulong;
typedef cl_uint cl_bool;
typedef cl_ulong cl_bitfield;
typedef cl_bitfield cl_device_type, cl_device_fp_config, cl_command_queue_properties, cl_mem_flags;
typedef cl_uint cl_platform_info, cl_device_info, cl_program_info, cl_program_build_info, cl_kernel_work_group_info,
    cl_profiling_info;
typedef intptr_t cl_context_properties;

typedef struct _cl_platform_id *cl_platform_id;
typedef struct _cl_device_id *cl_device_id;
typedef struct _cl_context *cl_context;
typedef struct _cl_command_queue *cl_command_queue;
typedef struct _cl_mem *cl_mem;
typedef struct _cl_program *cl_program;
typedef struct _cl_kernel *cl_kernel;
typedef struct _cl_event *cl_event;

#define CL_BUILD_PROGRAM_FAILURE -11
#define CL_COMPILER_NOT_AVAILABLE -3
#define CL_COMPILE_PROGRAM_FAILURE -15
#define CL_CONTEXT_PLATFORM 0x1084
#define CL_DEVICE_AVAILABLE 0x1027
#define CL_DEVICE_COMPILER_AVAILABLE 0x1028
#define CL_DEVICE_ENDIAN_LITTLE 0x1026
#define CL_DEVICE_EXTENSIONS 0x1030
#define CL_DEVICE_GLOBAL_MEM_SIZE 0x101F
#define CL_DEVICE_HOST_UNIFIED_MEMORY 0x1035
#define CL_DEVICE_LOCAL_MEM_SIZE 0x1023
#define CL_DEVICE_LOCAL_MEM_TYPE 0x1022
#define CL_DEVICE_MAX_COMPUTE_UNITS 0x1002
#define CL_DEVICE_MAX_MEM_ALLOC_SIZE 0x1010
#define CL_DEVICE_MAX_WORK_GROUP_SIZE 0x1004
#define CL_DEVICE_MAX_WORK_ITEM_DIMENSIONS 0x1003
#define CL_DEVICE_MAX_WORK_ITEM_SIZES 0x1005
#define CL_DEVICE_NAME 0x102B
#define CL_DEVICE_NOT_AVAILABLE -2
#define CL_DEVICE_NOT_FOUND -1
#define CL_DEVICE_OPENCL_C_VERSION 0x103D
#define CL_DEVICE_PARTITION_FAILED -18
#define CL_DEVICE_PREFERRED_VECTOR_WIDTH_FLOAT 0x100A
#define CL_DEVICE_SINGLE_FP_CONFIG 0x101B
#define CL_DEVICE_TYPE 0x1000
#define CL_DEVICE_TYPE_ACCELERATOR (1 << 3)
#define CL_DEVICE_TYPE_ALL 0xFFFFFFFF
#define CL_DEVICE_TYPE_CPU (1 << 1)
#define CL_DEVICE_TYPE_GPU (1 << 2)
#define CL_DEVICE_VENDOR 0x102C
#define CL_DEVICE_VERSION 0x102F
#define CL_DRIVER_VERSION 0x102D
#define CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST -14
#define CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT (1 << 7)
#define CL_FP_DENORM (1 << 0)
#define CL_FP_FMA (1 << 5)
#define CL_IMAGE_FORMAT_MISMATCH -9
#define CL_IMAGE_FORMAT_NOT_SUPPORTED -10
#define CL_INVALID_ARG_INDEX -49
#define CL_INVALID_ARG_SIZE -51
#define CL_INVALID_ARG_VALUE -50
#define CL_INVALID_BINARY -42
#define CL_INVALID_BUFFER_SIZE -61
#define CL_INVALID_BUILD_OPTIONS -43
#define CL_INVALID_COMMAND_QUEUE -36
#define CL_INVALID_COMPILER_OPTIONS -66
#define CL_INVALID_CONTEXT -34
#define CL_INVALID_DEVICE -33
#define CL_INVALID_DEVICE_PARTITION_COUNT -68
#define CL_INVALID_DEVICE_TYPE -31
#define CL_INVALID_EVENT -58
#define CL_INVALID_EVENT_WAIT_LIST -57
#define CL_INVALID_GLOBAL_OFFSET -56
#define CL_INVALID_GLOBAL_WORK_SIZE -63
#define CL_INVALID_GL_OBJECT -60
#define CL_INVALID_HOST_PTR -37
#define CL_INVALID_IMAGE_DESCRIPTOR -65
#define CL_INVALID_IMAGE_FORMAT_DESCRIPTOR -39
#define CL_INVALID_IMAGE_SIZE -40
#define CL_INVALID_KERNEL -48
#define CL_INVALID_KERNEL_ARGS -52
#define CL_INVALID_KERNEL_DEFINITION -47
#define CL_INVALID_KERNEL_NAME -46
#define CL_INVALID_LINKER_OPTIONS -67
#define CL_INVALID_MEM_OBJECT -38
#define CL_INVALID_MIP_LEVEL -62
#define CL_INVALID_OPERATION -59
#define CL_INVALID_PLATFORM -32
#define CL_INVALID_PROGRAM -44
#define CL_INVALID_PROGRAM_EXECUTABLE -45
#define CL_INVALID_PROPERTY -64
#define CL_INVALID_QUEUE_PROPERTIES -35
#define CL_INVALID_SAMPLER -41
#define CL_INVALID_VALUE -30
#define CL_INVALID_WORK_DIMENSION -53
#define CL_INVALID_WORK_GROUP_SIZE -54
#define CL_INVALID_WORK_ITEM_SIZE -55
#define CL_KERNEL_ARG_INFO_NOT_AVAILABLE -19
#define CL_KERNEL_LOCAL_MEM_SIZE 0x11B2
#define CL_KERNEL_PREFERRED_WORK_GROUP_SIZE_MULTIPLE 0x11B3
#define CL_KERNEL_PRIVATE_MEM_SIZE 0x11B4
#define CL_KERNEL_WORK_GROUP_SIZE 0x11B0
#define CL_LINKER_NOT_AVAILABLE -16
#define CL_LINK_PROGRAM_FAILURE -17
#define CL_LOCAL 0x1
#define CL_MAP_FAILURE -12
#define CL_MEM_COPY_OVERLAP -8
#define CL_MEM_OBJECT_ALLOCATION_FAILURE -4
#define CL_MEM_READ_WRITE (1 << 0)
#define CL_MISALIGNED_SUB_BUFFER_OFFSET -13
#define CL_OUT_OF_HOST_MEMORY -6
#define CL_OUT_OF_RESOURCES -5
#define CL_PLATFORM_NAME 0x0902
#define CL_PLATFORM_NOT_FOUND_KHR -1001
#define CL_PLATFORM_VENDOR 0x0903
#define CL_PLATFORM_VERSION 0x0901
#define CL_PROFILING_COMMAND_END 0x1283
#define CL_PROFILING_COMMAND_START 0x1282
#define CL_PROFILING_INFO_NOT_AVAILABLE -7
#define CL_PROGRAM_BINARIES 0x1166
#define CL_PROGRAM_BINARY_SIZES 0x1165
#define CL_PROGRAM_BUILD_LOG 0x1183
#define CL_QUEUE_PROFILING_ENABLE (1 << 1)
#define CL_SUCCESS 0
#define CL_TRUE 1
#define CL_FALSE 0

cl_int clGetPlatformIDs(cl_uint num_entries, cl_platform_id *platforms, cl_uint *num_platforms);
cl_int clGetPlatformInfo(cl_platform_id platform, cl_platform_info param_name, size_t param_value_size, void
    *param_value, size_t *param_value_size_ret);
cl_int clGetDeviceIDs(cl_platform_id platform, cl_device_type device_type, cl_uint num_entries, cl_device_id
    *devices, cl_uint *num_devices);
cl_int clGetDeviceInfo(cl_device_id device, cl_device_info param_name, size_t param_value_size, void *param_value,
    size_t *param_value_size_ret);
cl_context clCreateContext(const cl_context_properties *properties, cl_uint num_devices, const cl_device_id
    *devices, void (*pfn_notify)(const char *errinfo, const void *private_info, size_t cb, void *user_data), void
    *user_data, cl_int *errcode_ret);
cl_int clReleaseContext(cl_context context);
cl_command_queue clCreateCommandQueue(cl_context context, cl_device_id device,
    cl_command_queue_properties properties, cl_int *errcode_ret);
cl_int clReleaseCommandQueue(cl_command_queue command_queue);
cl_mem clCreateBuffer(cl_context context, cl_mem_flags flags, size_t size, void *host_ptr, cl_int *errcode_ret);
cl_int clReleaseMemObject(cl_mem memobj);
cl_program clCreateProgramWithSource(cl_context context, cl_uint count, const char **strings, const size_t *lengths,
    cl_int *errcode_ret);
cl_program clCreateProgramWithBinary(cl_context context, cl_uint num_devices, const cl_device_id *device_list, const
    size_t *lengths, const unsigned char **binaries, cl_int *binary_status, cl_int *errcode_ret);
cl_int clBuildProgram(cl_program program, cl_uint num_devices, const cl_device_id *device_list, const char *options,
    void (*pfn_notify)(cl_program program, void *user_data), void *user_data);
cl_int clGetProgramInfo(cl_program program, cl_program_info param_name, size_t param_value_size, void *param_value,
    size_t *param_value_size_ret);
cl_int clGetProgramBuildInfo(cl_program program, cl_device_id device, cl_program_build_info param_name, size_t
    param_value_size, void *param_value, size_t *param_value_size_ret);
cl_int clReleaseProgram(cl_program program);
cl_kernel clCreateKernel(cl_program program, const char *kernel_name, cl_int *errcode_ret);
cl_int clGetKernelWorkGroupInfo(cl_kernel kernel, cl_device_id device, cl_kernel_work_group_info param_name, size_t
    param_value_size, void *param_value, size_t *param_value_size_ret);
cl_int clSetKernelArg(cl_kernel kernel, cl_uint arg_index, size_t arg_size, const void *arg_value);
cl_int clReleaseKernel(cl_kernel kernel);
cl_int clEnqueueWriteBuffer(cl_command_queue command_queue, cl_mem buffer, cl_bool blocking_write, size_t offset,
    size_t size, const void *ptr, cl_uint num_events_in_wait_list, const cl_event *event_wait_list, cl_event
    *event);
cl_int clEnqueueReadBuffer(cl_command_queue command_queue, cl_mem buffer, cl_bool blocking_read, size_t offset,
    size_t size, void *ptr, cl_uint num_events_in_wait_list, const cl_event *event_wait_list, cl_event *event);
cl_int clEnqueueFillBuffer(cl_command_queue command_queue, cl_mem buffer, const void *pattern, size_t pattern_size,
    size_t offset, size_t size, cl_uint num_events_in_wait_list, const cl_event *event_wait_list, cl_event *event);
cl_int clEnqueueCopyBuffer(cl_command_queue command_queue, cl_mem src_buffer, cl_mem dst_buffer, size_t src_offset,
    size_t dst_offset, size_t size, cl_uint num_events_in_wait_list, const cl_event *event_wait_list, cl_event
    *event);
cl_int clEnqueueNDRangeKernel(cl_command_queue command_queue, cl_kernel kernel, cl_uint work_dim, const size_t
    *global_work_offset, const size_t *global_work_size, const size_t *local_work_size, cl_uint
    num_events_in_wait_list, const cl_event *event_wait_list, cl_event *event);
cl_int clFlush(cl_command_queue command_queue);
cl_int clFinish(cl_command_queue command_queue);
cl_int clWaitForEvents(cl_uint num_events, const cl_event *event_list);
cl_int clGetEventProfilingInfo(cl_event event, cl_profiling_info param_name, size_t param_value_size, void
    *param_value, size_t *param_value_size_ret);
cl_int clReleaseEvent(cl_event event);

#endif
