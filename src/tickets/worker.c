#include "worker.h"
void slt_worker_init(void) {}
void slt_expect_sweep(TimestampTz at) {}
