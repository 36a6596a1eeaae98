// Renders a chart as Helm does, for the tests: Helm is Go's text/template with sprig and a handful of functions, and Debian has
// those but not Helm. Values are read through JSON as Helm reads them (whole numbers become floats); of .Files there is Get;
// .Capabilities, tpl and lookup are left out, so a template that begins to use them fails here first.
//
//	render CHART RELEASE [VALUES...]  prints { values, files, error }: the values merged, each template's text by its name, or
//	what stopped it.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig" // version 3: Debian lays packages out without /v3
	"sigs.k8s.io/yaml"
)

type object = map[string]interface{}

func main() {
	if len(os.Args) < 3 {
		stop(errors.New("usage: render CHART RELEASE [VALUES...]"))
	}
	chart, release := os.Args[1], os.Args[2]
	values := read(filepath.Join(chart, "values.yaml"))
	for _, file := range os.Args[3:] {
		merge(values, read(file))
	}
	about := read(filepath.Join(chart, "Chart.yaml"))
	context := object{
		"Values":  values,
		"Chart":   object{"Name": about["name"], "Version": about["version"], "AppVersion": about["appVersion"]},
		"Release": object{"Name": release, "Namespace": "default", "Service": "Helm"},
		"Files":   files{chart},
	}

	output := object{"values": values}
	if files, err := render(filepath.Join(chart, "templates"), context); err != nil {
		output["error"] = err.Error()
	} else {
		output["files"] = files
	}
	stop(json.NewEncoder(os.Stdout).Encode(output))
}

// The chart's own files, for templates.
type files struct{ chart string }

// Get is empty where there is no such file, as Helm's is.
func (all files) Get(name string) string {
	text, err := os.ReadFile(filepath.Join(all.chart, name))
	if err != nil {
		return ""
	}
	return string(text)
}

func render(folder string, context object) (object, error) {
	all := template.New("chart").Option("missingkey=zero")
	functions := sprig.TxtFuncMap()
	functions["include"] = func(name string, data interface{}) (string, error) {
		var text strings.Builder
		err := all.ExecuteTemplate(&text, name, data)
		return text.String(), err
	}
	functions["toYaml"] = func(value interface{}) (string, error) {
		text, err := yaml.Marshal(value)
		return strings.TrimSuffix(string(text), "\n"), err
	}
	functions["required"] = func(message string, value interface{}) (interface{}, error) {
		if value == nil || value == "" {
			return nil, errors.New(message)
		}
		return value, nil
	}
	if _, err := all.Funcs(functions).ParseGlob(filepath.Join(folder, "*")); err != nil {
		return nil, err
	}
	texts := object{}
	for _, each := range all.Templates() {
		name := each.Name()
		if extension := filepath.Ext(name); extension != ".yaml" && extension != ".txt" {
			continue // _helpers.tpl, and what is defined in it
		}
		var text strings.Builder
		if err := each.Execute(&text, context); err != nil {
			return nil, err
		}
		texts[name] = strings.ReplaceAll(text.String(), "<no value>", "")
	}
	return texts, nil
}

func read(path string) object {
	text, err := os.ReadFile(path)
	stop(err)
	values := object{}
	stop(yaml.Unmarshal(text, &values))
	return values
}

// Lays values over defaults; null takes a default away.
func merge(defaults, values object) {
	for name, value := range values {
		below, isBelow := defaults[name].(object)
		over, isOver := value.(object)
		switch {
		case value == nil:
			delete(defaults, name)
		case isBelow && isOver:
			merge(below, over)
		default:
			defaults[name] = value
		}
	}
}

func stop(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
