package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// connect opens one connection outside every pool, whose death either side notices within about 15 s.
func connect(ctx context.Context, url string, parameters map[string]string) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("read the database URL: %w", err)
	}
	dialer := &net.Dialer{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 5 * time.Second, Interval: 3 * time.Second, Count: 3,
	}}
	config.DialFunc = dialer.DialContext
	config.RuntimeParams["tcp_keepalives_idle"] = "5"
	config.RuntimeParams["tcp_keepalives_interval"] = "3"
	config.RuntimeParams["tcp_keepalives_count"] = "3"
	for name, value := range parameters {
		config.RuntimeParams[name] = value
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, &unreachable{config: config, cause: err}
	}
	return conn, nil
}

// unreachable says in one line which server did not answer, and why; pgx takes several.
type unreachable struct {
	config *pgx.ConnConfig
	cause  error
}

func (u *unreachable) Error() string {
	cause := u.cause
	if pgErr, ok := errors.AsType[*pgconn.PgError](cause); ok {
		cause = pgErr
	} else if netErr, ok := errors.AsType[*net.OpError](cause); ok {
		cause = netErr.Err
	}
	return fmt.Sprintf("reach PostgreSQL at %s port %d, database %s, as %s: %s", u.config.Host, u.config.Port,
		u.config.Database, u.config.User, strings.ReplaceAll(cause.Error(), "\n", "; "))
}

func (u *unreachable) Unwrap() error { return u.cause }

// closeConn says goodbye even if ctx has ended.
func closeConn(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = conn.Close(ctx) // It is of no further use, however it ends.
}
