#ifndef EPADS_KERNELS_H
#define EPADS_KERNELS_H

// The OpenCL C of this folder, compiled into the program.

/// Everything but convolutions.
const char *_Nonnull epads_kernel_source(void);

/// Direct convolutions.
const char *_Nonnull epads_convolution_source(void);

/// Winograd convolutions.
const char *_Nonnull epads_winograd_source(void);

/// Grouped convolutions.
const char *_Nonnull epads_grouped_source(void);

/// Values of steps alone: for inference, and where terms have functions other than ReLU.
const char *_Nonnull epads_value_source(void);

/// Operations on whole values.
const char *_Nonnull epads_operation_source(void);

/// What measures a device's peak.
const char *_Nonnull epads_peak_source(void);

#endif
