// Package rehearsal makes up a race day: an event, its field, the reads of its mats with all their usual trouble, and the
// story that the demo tells with them through the public interfaces. The same seed makes the same bytes. It decides no rule.
package rehearsal

import _ "embed"

//go:embed almaty.yaml
var almaty string

// AlmatyFile returns an event file with all five formats, like the Almaty Marathon's.
func AlmatyFile() []byte { return []byte(almaty) }
