package passing

// Verdict says what became of a read. [RULES.md, Passings, exactly]
type Verdict int

// The verdicts. The last four are of reads that never come here: the finder is not given them.
const (
	// Counted: the passing of a visit is at this read.
	Counted Verdict = iota + 1
	// SameInstant: another read of the entrant is at the same point and instant.
	SameInstant
	// SameCrossing: another read of the crossing counts. At the start that is the last one, elsewhere the first.
	SameCrossing
	// BackupNotNeeded: a primary mat saw the crossing.
	BackupNotNeeded
	// GunUnknown: the gun of the entrant's wave has not been fired.
	GunUnknown
	// BeforeGun: reads before the gun of the own wave do not count.
	BeforeGun
	// BeforeStart: the entrant had not started yet.
	BeforeStart
	// OutsideStartWindow: at the start, but later after the gun than a start may be.
	OutsideStartWindow
	// AfterFinish: the entrant had finished.
	AfterFinish
	// TooFast: the stretch to this read, or from it on, would be faster than the fastest pace.
	TooFast
	// OutOfOrder: to count it would leave out more of what was seen in the order of the course.
	OutOfOrder
	// AnotherCrossing: another crossing counts for the visit.
	AnotherCrossing
	// ManualTime: an official entered the passing.
	ManualTime
	// OthersLeg: the member whose chip it is runs another leg.
	OthersLeg
	// PointNotOnCourse: the race does not come by the point.
	PointNotOnCourse
	// NoLeg: the chip is a reserve's, who runs no leg.
	NoLeg
	// NoPoint: the mat lay at no point at that instant.
	NoPoint
	// Void: an official ruled that the read never was.
	Void
	// UnknownChip: the chip is on nobody's roster line.
	UnknownChip
)

var verdictNames = [...]string{
	"", "COUNTED", "SAME_INSTANT", "SAME_CROSSING", "BACKUP_NOT_NEEDED", "GUN_UNKNOWN", "BEFORE_GUN", "BEFORE_START",
	"OUTSIDE_START_WINDOW", "AFTER_FINISH", "TOO_FAST", "OUT_OF_ORDER", "ANOTHER_CROSSING", "MANUAL_TIME", "OTHERS_LEG",
	"POINT_NOT_ON_COURSE", "NO_LEG", "NO_POINT", "VOID", "UNKNOWN_CHIP",
}

// String returns the verdict in UPPER_SNAKE, as the contract has it.
func (v Verdict) String() string { return verdictNames[v] }

// Verdicts returns all verdicts.
func Verdicts() []Verdict {
	all := make([]Verdict, 0, UnknownChip)
	for v := Counted; v <= UnknownChip; v++ {
		all = append(all, v)
	}
	return all
}
