package event

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Difference says for people how a version differs from the one before, a line for each field of the canonical file, named
// by its path: "races[marathon].waves[B].gun: OLD -> NEW", a minus before one that is gone and a plus before one that is new.
// Elements are told apart by what they are about, wherever they stand; where they stand in another order, a line says so.
// The first version differs in nothing.
func Difference(before, after Version) string {
	text := fmt.Sprintf("version %d", after.Number)
	if before.Event == nil {
		return text
	}
	was, is := outlineOf(before.File), outlineOf(after.File)
	lines := []string{text}
	for _, path := range was.paths {
		switch value, stays := is.values[path]; {
		case !stays:
			lines = append(lines, "- "+path+": "+was.values[path])
		case value != was.values[path]:
			lines = append(lines, path+": "+was.values[path]+" -> "+value)
		}
	}
	for _, path := range is.paths {
		if _, stood := was.values[path]; !stood {
			lines = append(lines, "+ "+path+": "+is.values[path])
		}
	}
	for _, list := range is.lists {
		then, now := stayed(was.elements[list], is.elements[list]), stayed(is.elements[list], was.elements[list])
		if !slices.Equal(then, now) {
			lines = append(lines, list+": order "+strings.Join(then, ", ")+" -> "+strings.Join(now, ", "))
		}
	}
	return strings.Join(lines, "\n")
}

// stayed returns the elements of a list that another one has as well.
func stayed(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(name string) bool { return !slices.Contains(other, name) })
}

// outline is an event file as its fields.
type outline struct {
	// paths are in the order of the file; values are theirs.
	paths  []string
	values map[string]string
	// lists are the paths of lists, and elements the names of what stands in them, in order.
	lists    []string
	elements map[string][]string
}

// outlineOf reads a canonical file.
func outlineOf(file []byte) outline {
	o := outline{values: map[string]string{}, elements: map[string][]string{}}
	if body, fault := parseYAML(file); fault == nil {
		o.add("", body)
	}
	return o
}

func (o *outline) add(path string, node ast.Node) {
	switch of := node.(type) {
	case ast.MapNode:
		fields := of.MapRange()
		if !fields.Next() {
			o.set(path, "{}")
			return
		}
		for more := true; more; more = fields.Next() {
			key, _ := scalar(fields.Key())
			o.add(join(path, key), fields.Value())
		}
	case *ast.SequenceNode:
		o.addList(path, of)
	default:
		value, _ := scalar(node)
		o.set(path, value)
	}
}

func (o *outline) set(path, value string) {
	o.paths = append(o.paths, path)
	o.values[path] = value
}

// addList adds a list of values as one value, and one of elements by their names: the second of a name is name#2.
func (o *outline) addList(path string, list *ast.SequenceNode) {
	var values []string
	seen := map[string]int{}
	for i, element := range list.Values {
		mapping, ok := element.(ast.MapNode)
		if !ok {
			value, _ := scalar(element)
			values = append(values, value)
			continue
		}
		name := cmp.Or(nameOf(mapping), strconv.Itoa(i+1))
		if seen[name]++; seen[name] > 1 {
			name += "#" + strconv.Itoa(seen[name])
		}
		o.elements[path] = append(o.elements[path], name)
		o.add(path+"["+name+"]", element)
	}
	if len(o.elements[path]) > 0 {
		o.lists = append(o.lists, path)
	} else {
		o.set(path, "["+strings.Join(values, ", ")+"]")
	}
}

// naming are the fields that say which element of a list one is, the first that it has.
var naming = []string{"id", "point", "to", "classification"}

// nameOf returns the name of an element; empty where it has none.
func nameOf(element ast.MapNode) string {
	for _, field := range naming {
		for pair := element.MapRange(); pair.Next(); {
			if key, _ := scalar(pair.Key()); key == field {
				name, _ := scalar(pair.Value())
				return name
			}
		}
	}
	return ""
}
