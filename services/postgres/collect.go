package postgres

import "github.com/jackc/pgx/v5"

// pageRows is how many rows CollectMany collects without copying those before.
const pageRows = 1024

// CollectMany is pgx.CollectRows for large values of thousands of rows: it copies each once. To copy them again whenever a
// slice is full takes as long as to decode them.
func CollectMany[Value any](rows pgx.Rows, decode pgx.RowToFunc[Value]) ([]Value, error) {
	defer rows.Close()
	var full [][]Value
	page := []Value{}
	for rows.Next() {
		value, err := decode(rows)
		if err != nil {
			return nil, err
		}
		if len(page) == pageRows {
			full, page = append(full, page), make([]Value, 0, pageRows)
		}
		page = append(page, value)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	full = append(full, page)
	all := make([]Value, 0, len(page)+(len(full)-1)*pageRows)
	for _, page := range full {
		all = append(all, page...)
	}
	return all, nil
}
