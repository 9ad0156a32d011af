// Package heap fits the memory of a process to what it does: how the system backs it, and how often garbage is looked for. It
// keeps nothing itself.
package heap

import "runtime"

// UseLargePages has the system back the next bytes of the heap by large pages, where it gives them to whoever asks (Linux, with
// transparent huge pages on "madvise" or "always"; elsewhere nothing happens). Memory that is new is handed out page by page, at
// a fault each: on a virtual machine they cost more than what is computed in it. Nothing is taken before it is used. It is for
// the start of a process, and collects garbage.
func UseLargePages(bytes int) {
	advise(make([]byte, bytes))
	// What was advised is garbage now, and free for what comes.
	runtime.GC()
}
