package standings

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"raceday/services/rules/official"
	"raceday/services/rules/race"
	"raceday/services/rules/result"
)

// Certificate is what a finisher takes home on paper.
type Certificate struct {
	Event     *race.Event
	Race      *race.Race
	WrittenAt time.Time
	EntrantResult
	// Published says of each of the ranks in which version of its list it was published; nil where it was not, or where the
	// newest version says something else of the entrant.
	Published []*PublishedRow
	// rows are what would be published of the entrant now, of each of the ranks.
	rows []OfficialRow
}

// PublishedRow is what the newest version of a list says of an entrant.
type PublishedRow struct {
	List   string
	Number int
	State  official.State
	Row    OfficialRow
}

// IsOfficial reports whether the version was published as official.
func (p *PublishedRow) IsOfficial() bool {
	return p.State == official.Official || p.State == official.Amended
}

// String names the version for people.
func (p *PublishedRow) String() string {
	return fmt.Sprintf("%s, version %d", stateNames[p.State], p.Number)
}

// Certificate returns what the certificate of the entrant with this bib says, with nothing published. Faults:
// ErrEntrantNotFound, ErrNotFinished.
func (b *Board) Certificate(bib race.Bib) (Certificate, error) {
	entrant, err := b.Entrant(bib)
	if err != nil {
		return Certificate{}, err
	}
	res, r := entrant.Row.Result, entrant.Row.terms.race
	if res.Status != result.Finished {
		return Certificate{}, ErrNotFinished
	}
	c := Certificate{Event: b.Event(), Race: r, EntrantResult: entrant, Published: make([]*PublishedRow, len(entrant.Ranks))}
	for i := range r.Classifications {
		if listOf(res, i) != "" {
			rank := entrant.Ranks[len(c.rows)].Rank
			c.rows = append(c.rows, Row{Rank: rank, Result: res, terms: &terms{race: r, classification: &r.Classifications[i]}}.AsPublished())
		}
	}
	return c, nil
}

// publish takes over what says the same as the certificate. Names may have been forgotten since.
func (c *Certificate) publish(rows []PublishedRow) {
	for i, rank := range c.Ranks {
		now := c.rows[i]
		for n := range rows {
			then := rows[n].Row
			then.Name = now.Name
			if rows[n].List == rank.List && reflect.DeepEqual(then, now) {
				c.Published[i] = &rows[n]
			}
		}
	}
}

// Legend says whether the certificate is official: it is when all of its ranks are, or for those that say so.
func (c *Certificate) Legend() string {
	officially := 0
	for _, p := range c.Published {
		if p != nil && p.IsOfficial() {
			officially++
		}
	}
	switch officially {
	case 0:
		return notOfficial(c.Event, c.Version, c.WrittenAt)
	case len(c.Published):
		return "Official. Printed at " + localTime(c.Event, c.WrittenAt)
	}
	return fmt.Sprintf("Official in the lists that say so. Version %d, printed at %s", c.Version, localTime(c.Event, c.WrittenAt))
}

func (s *Service) exportCertificate(ctx context.Context, e Export, begin Begin) error {
	var c Certificate
	err := s.deps.Boards.useFrom(ctx, e.Event, e.version, func(b *Board) error {
		var err error
		c, err = b.Certificate(e.Bib)
		return err
	})
	if err != nil {
		return err
	}
	published, err := s.deps.Official.PublishedRows(ctx, e.Event, c.Race.ID, e.Bib)
	if err != nil {
		return err
	}
	c.publish(published)
	c.WrittenAt = s.deps.Now()
	if err := s.deps.Papers.WriteCertificate(begin("", c.Version), c); err != nil {
		return fmt.Errorf("write a certificate of %s: %w", e.Event, err)
	}
	return nil
}
