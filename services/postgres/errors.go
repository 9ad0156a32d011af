package postgres

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"raceday/services/fault"
)

// ErrUnavailable is what a caller sees of a database that cannot be reached. InTx and InSnapshot return it
// around the cause.
var ErrUnavailable = fault.New(fault.Unavailable, "DATABASE_UNAVAILABLE",
	"the database cannot be reached at the moment; send the same request again")

// ErrBusy is what a caller sees of a statement, or a wait for a lock, that took longer than allowed. InTx and InSnapshot
// return it around the cause.
var ErrBusy = fault.New(fault.Unavailable, "DATABASE_BUSY",
	"the database is busy at the moment; send the same request again")

// ErrCommitUnknown is returned by InTx around the cause if the connection broke while the commit was under way: all of
// the transaction has happened or nothing of it. Whoever sends the same again with the same key is safe.
var ErrCommitUnknown = fault.New(fault.Unavailable, "COMMIT_UNKNOWN",
	"the connection to the database broke before it confirmed; send the same request again")

// Constraint returns the name of the constraint that err says was violated, "" if it says nothing of one. Stores
// translate it by a map beside their queries.
func Constraint(err error) string {
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pgErr.ConstraintName
	}
	return ""
}

// IsTimeout reports whether the server gave up on a statement because it, or the wait for a lock, took longer than allowed.
func IsTimeout(err error) bool {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pgErr.Code == "55P03" || pgErr.Code == "57014") // lock_not_available, query_canceled
}

// IsUnavailable reports whether err means that the server is away, starting, stopping, full or not the primary any more,
// so that the same may succeed later without anybody doing anything about the request.
func IsUnavailable(err error) bool {
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch pgErr.Code {
		case "57P01", // admin_shutdown
			"57P02", // crash_shutdown
			"57P03", // cannot_connect_now
			"25006", // read_only_sql_transaction: a primary that became a standby
			"53300": // too_many_connections
			return true
		}
		return strings.HasPrefix(pgErr.Code, "08") // connection_exception
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if netErr, ok := errors.AsType[*net.OpError](err); ok {
		return !netErr.Timeout() // A deadline of our own says nothing about the server.
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	return pgconn.SafeToRetry(err) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed)
}

// isConflict reports whether the server undid a transaction only because of another one.
func isConflict(err error) bool {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pgErr.Code == "40001" || pgErr.Code == "40P01")
}
