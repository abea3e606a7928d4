#include "Kernels.h"

static const char source[] = {
#embed "common.cl"
    ,
#embed "sums.cl"
    ,
#embed "images.cl"
    ,
#embed "weights.cl"
    ,
#embed "statistics.cl"
    ,
#embed "value.cl"
    ,
#embed "codes.cl"
    , 0};

static const char convolution_source[] = {
#embed "common.cl"
    ,
#embed "sums.cl"
    ,
#embed "branches.cl"
    ,
#embed "convolution.cl"
    , 0};

static const char winograd_source[] = {
#embed "common.cl"
    ,
#embed "sums.cl"
    ,
#embed "branches.cl"
    ,
#embed "winograd.cl"
    , 0};

static const char grouped_source[] = {
#embed "common.cl"
    ,
#embed "sums.cl"
    ,
#embed "branches.cl"
    ,
#embed "grouped.cl"
    , 0};

static const char value_source[] = {
#embed "common.cl"
    ,
#embed "functions.cl"
    ,
#embed "value.cl"
    , 0};

static const char operation_source[] = {
#embed "common.cl"
    ,
#embed "functions.cl"
    ,
#embed "operations.cl"
    , 0};

static const char peak_source[] = {
#embed "common.cl"
    ,
#embed "peak.cl"
    , 0};

const char *epads_kernel_source(void) { return source; }
const char *epads_convolution_source(void) { return convolution_source; }
const char *epads_winograd_source(void) { return winograd_source; }
const char *epads_grouped_source(void) { return grouped_source; }
const char *epads_value_source(void) { return value_source; }
const char *epads_operation_source(void) { return operation_source; }
const char *epads_peak_source(void) { return peak_source; }
