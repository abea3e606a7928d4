#include "EmbeddedTables.h"

static const unsigned char index_table[] = {
#embed "nasbench201-index.bin"
};
static_assert(sizeof index_table == 2 * EPADS_NASBENCH201_COUNT);

static const unsigned char accuracy_table[] = {
#embed "nasbench201-accuracy.bin"
};
static_assert(sizeof accuracy_table == 3 * EPADS_NASBENCH201_COLUMNS * EPADS_NASBENCH201_COUNT);

const unsigned char *epads_nasbench201_index(void) { return index_table; }
const unsigned char *epads_nasbench201_accuracy(void) { return accuracy_table; }
