#include <libpq-fe.h>

// The default one writes to standard error.
static inline void millrace_ignore_notice(void *context, const PGresult *result) {}
static inline void millrace_ignore_notices(PGconn *connection) {
    PQsetNoticeReceiver(connection, millrace_ignore_notice, 0);
}
