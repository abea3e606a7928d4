#ifndef EPADS_EMBEDDED_TABLES_H
#define EPADS_EMBEDDED_TABLES_H

// Tables compiled into the program; README.md beside their source gives the layouts and where they come from.
// Functions, because Swift does not import arrays of this size.

enum { EPADS_NASBENCH201_COUNT = 15625, EPADS_NASBENCH201_COLUMNS = 6 };

/// 15625 little-endian uint16: the base-5 code of each architecture at its NAS-Bench-201 index.
const unsigned char *_Nonnull epads_nasbench201_index(void);

/// 15625 x 6 little-endian uint24: accuracies in units of 0.0001 percent.
const unsigned char *_Nonnull epads_nasbench201_accuracy(void);

#endif
