// Package benchmark measures raceday beside floors: plain standard tools that do the least that must be done with the same
// data. It drives the product from outside, through its command, its streams and its calls; cmd/raceday hands in what it
// needs, and the figures are its to print.
//
// The method is the same everywhere:
//   - The machine is shared, so no figure counts alone: each is a ratio to its floor, taken in the same run of the bench on
//     the same data. Work and floor run by turns, so that what else happens on the machine slows both.
//   - A first turn of each warms up file caches, connections and tables, and is not counted.
//   - Of the counted turns the medians are shown; the ratio is the median of the ratios of neighbouring turns, with the
//     lowest and the highest behind it.
//   - What is measured is durable where the product is: streams sync every message, Postgres every commit. Before each turn
//     that writes, Postgres writes a checkpoint, so that no turn pays for the one before.
//   - Where what is to be met are times that people wait, and nothing plain does the same (peak), there is no floor and one
//     turn, warmed up by what comes before it. Such times count on a quiet machine only: whatever else runs makes them longer.
//   - The server is this process, with Postgres and NATS of its own; where a field's size or a process's memory is measured, it
//     is raceday serve in another process, so that nothing but the field differs, and nothing of the bench is counted.
//   - Garbage is collected as raceday serve has it, also where a bench runs a part of the server alone (score-order), and in score
//     as raceday score has it.
//   - Data is made up by services/rehearsal from a fixed seed, or given.
//
// A floor stands in a file of its own and is fixed: it changes only in a commit of its own that says why. What a figure is
// to come to is its reach; it holds for the sizes that a bench has by itself, and is met or missed, never a reason to fail.
package benchmark
