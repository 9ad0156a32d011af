package broker

import (
	"fmt"
	"strings"
)

// WrongSetting is one setting that differs from what it must be, written as the server's own configuration writes it.
type WrongSetting struct {
	Name, Want, Got string
}

// SettingsError says that a stream or a server exists but is set so that it may lose acknowledged messages.
type SettingsError struct {
	// Of names the stream or the server.
	Of string
	// Wrong lists every wrong setting; it is never empty.
	Wrong []WrongSetting
}

// Error lists every wrong setting with what it must be.
func (e *SettingsError) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s is set wrong", e.Of)
	for i, setting := range e.Wrong {
		separator := ", "
		if i == 0 {
			separator = ": "
		}
		fmt.Fprintf(&text, "%s%s is %s, must be %s", separator, setting.Name, setting.Got, setting.Want)
	}
	return text.String()
}
