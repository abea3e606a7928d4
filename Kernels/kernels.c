#include "Kernels.h"

static const char source[] = {
#embed "common.cl"
    ,
#embed "images.cl"
    ,
#embed "weights.cl"
    ,
#embed "statistics.cl"
    ,
#embed "node.cl"
    ,
#embed "codes.cl"
    , 0};

static const char convolution_source[] = {
#embed "common.cl"
    ,
#embed "convolution.cl"
    , 0};

const char *epads_kernel_source(void) { return source; }
const char *epads_convolution_source(void) { return convolution_source; }
