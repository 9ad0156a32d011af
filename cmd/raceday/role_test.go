package main

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"raceday/services/access"
)

// What only the race office may see of a person is in no answer that anybody gets.
func TestPublicAnswersHoldNoPersonalData(t *testing.T) {
	t.Parallel()
	public := 0
	for method, allowed := range roles(allServices) {
		if !slices.Contains(allowed, access.Public) {
			continue
		}
		public++
		for _, path := range personal(answerOf(t, method), nil) {
			t.Errorf("%s answers everybody with %s", method, path)
		}
	}
	if public < 8 {
		t.Errorf("looked at %d public methods, want at least 8", public)
	}
	found := personal(answerOf(t, "/raceday.registration.v1.RegistrationService/GetEntry"), nil)
	if want := "entry.person.birth_date"; !slices.Contains(found, want) {
		t.Errorf("found %v in an entry, want %s among them", found, want)
	}
}

func answerOf(t *testing.T, fullMethod string) protoreflect.MessageDescriptor {
	t.Helper()
	name := strings.ReplaceAll(strings.TrimPrefix(fullMethod, "/"), "/", ".")
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name))
	if err != nil {
		t.Fatal(err)
	}
	return found.(protoreflect.MethodDescriptor).Output()
}

// personal returns the paths of the fields that hold personal data, of a message and of all that can be in it.
func personal(message protoreflect.MessageDescriptor, above []protoreflect.FullName) []string {
	if slices.Contains(above, message.FullName()) {
		return nil
	}
	above = append(slices.Clone(above), message.FullName())
	var paths []string
	for i := range message.Fields().Len() {
		field := message.Fields().Get(i)
		switch name := string(field.Name()); name {
		case "birth_date", "contact", "guardian", "guardians", "owner":
			paths = append(paths, name)
		}
		if field.Message() != nil {
			for _, path := range personal(field.Message(), above) {
				paths = append(paths, string(field.Name())+"."+path)
			}
		}
	}
	return paths
}
