#ifndef EPADS_KERNELS_H
#define EPADS_KERNELS_H

// The OpenCL C of this folder, compiled into the program.

/// Everything but convolutions.
const char *_Nonnull epads_kernel_source(void);

/// Convolutions.
const char *_Nonnull epads_convolution_source(void);

#endif
